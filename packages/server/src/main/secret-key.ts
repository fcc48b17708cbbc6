import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { UnsealError, REALM, type DeviceSecrets, type Ha1, type Vault } from "../ports/index.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KID_CHARS = 8;
/** Secrets that are kept open, for devices that come again soon: whoever reads this memory has the key anyway. */
const MOST_UNSEALED = 20_000;

/** A key of its own for each purpose, so that one that leaks opens nothing else. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", Buffer.from(secret, "hex"), "heliograph", purpose, KEY_BYTES));
}

/** A shared first-contact password that stays the same as long as the secret key does; no look-alike characters. */
export function firstContactPassword(secret: string): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  const bytes = deriveKey(secret, "first-contact").subarray(0, 20);
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join("");
}

/** Seals with AES-256-GCM: `<kid>.<nonce, ciphertext and tag in base64url>`. */
export function secretKeyVault(secret: string): Vault {
  const bytes = deriveKey(secret, "device-credentials");
  const kid = createHash("sha256").update(bytes).digest("hex").slice(0, KID_CHARS);
  const key = createSecretKey(bytes);
  const unsealed = new Map<string, DeviceSecrets>();
  return {
    seal(secrets) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const sealed = Buffer.concat([cipher.update(JSON.stringify(secrets), "utf8"), cipher.final()]);
      return `${kid}.${Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url")}`;
    },
    unseal(sealed) {
      const known = unsealed.get(sealed);
      if (known !== undefined) return known;
      const [sealedBy, text = ""] = sealed.split(".");
      if (sealedBy !== kid) throw new UnsealError("device credentials were sealed with another secret key");
      const secrets = readSecrets(decrypt(key, Buffer.from(text, "base64url")));
      if (unsealed.size >= MOST_UNSEALED) unsealed.clear();
      unsealed.set(sealed, secrets);
      return secrets;
    },
    ha1,
    fingerprint: (text) => createHash("sha256").update(text).digest("hex"),
  };
}

function decrypt(key: KeyObject, bytes: Buffer): string {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return (
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
    );
  } catch (cause) {
    throw new UnsealError("device credentials were changed after they were sealed", { cause });
  }
}

function readSecrets(text: string): DeviceSecrets {
  const secrets: unknown = JSON.parse(text);
  if (isSecrets(secrets)) return secrets;
  throw new UnsealError("device credentials were sealed in a form that is not known");
}

function isSecrets(value: unknown): value is DeviceSecrets {
  return (
    typeof value === "object" && value !== null && "ha1" in value && "connectionRequestPassword" in value
  );
}

function ha1(username: string, password: string): Ha1 {
  const text = `${username}:${REALM}:${password}`;
  return {
    MD5: createHash("md5").update(text).digest("hex"),
    "SHA-256": createHash("sha256").update(text).digest("hex"),
  };
}
