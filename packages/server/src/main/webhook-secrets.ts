import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { Letter, WebhookSecrets } from "../ports/index.ts";
import { deriveKey } from "./secret-key.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals what letters are signed with by a key of the secret key's own, and signs with it. */
export interface WebhookSeal extends WebhookSecrets {
  /** HMAC-SHA-256 over `<seconds since 1970>.<body>`, as `t=<seconds>,v1=<hexadecimal>`. */
  sign(letter: Pick<Letter, "secret" | "body" | "at">): string;
}

export function webhookSeal(secret: string): WebhookSeal {
  const key = deriveKey(secret, "webhook-secrets");
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
    },
    sign({ secret: sealed, body, at }) {
      const seconds = Math.floor(at / 1_000);
      const signature = createHmac("sha256", unseal(key, sealed)).update(`${seconds}.${body}`).digest("hex");
      return `t=${seconds},v1=${signature}`;
    },
  };
}

function unseal(key: Buffer, sealed: string): Buffer {
  const bytes = Buffer.from(sealed, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}
