import { createPrivateKey, createPublicKey, sign, type KeyObject, type webcrypto } from "node:crypto";
import { parseDeviceKey } from "@heliograph/protocol";
import { errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from "jose";
import type { Clock, LightClaims, TokenMinter, TokenVerifier } from "../ports/index.ts";
import { deriveKey } from "./secret-key.ts";

type CryptoKey = webcrypto.CryptoKey;

/** What signs a token, and says so by its name. */
export interface SigningKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/** Public keys by their names. */
export type VerifyingKeys = ReadonlyMap<string, CryptoKey>;

export interface LightKeys {
  readonly signing: SigningKey;
  readonly verifying: VerifyingKeys;
}

const ALGORITHM = "EdDSA";
const ISSUER = "heliograph";
const AUDIENCE = "light";
/** Beyond any that we mint: a DeviceKey has 512 characters at most, all the rest some 300. */
const MOST_CHARS = 2_048;
const SECOND_MS = 1_000;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 [RFC 8410 7]. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The keys of these names, the same in every process that has the secret key. The first is the newest, which signs; tokens
 * that the others signed are good until they expire.
 */
export function lightKeys(secret: string, [newest, ...older]: readonly [string, ...string[]]): LightKeys {
  const verifying = [newest, ...older].map((kid) => [kid, publicKey(secret, kid)] as const);
  return { signing: { kid: newest, key: privateKey(secret, newest) }, verifying: new Map(verifying) };
}

/**
 * Makes tokens of the light transport [LIGHT 2], in the turn in which they are asked for: where thousands of devices come back
 * at once, to hand each signature to another thread takes longer than to make it.
 */
export function lightTokenMinter({ kid, key }: SigningKey, clock: Clock): TokenMinter {
  const header = part({ alg: ALGORITHM, kid });
  return {
    mint: async ({ device, credentialVersion, authTime, expiresAt }) => {
      const claims = part({
        "credential-version": credentialVersion,
        "auth-time": seconds(authTime),
        iss: ISSUER,
        aud: AUDIENCE,
        sub: device,
        iat: seconds(clock.now()),
        exp: seconds(expiresAt),
      });
      const signed = `${header}.${claims}`;
      return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
    },
  };
}

/** Reads tokens of the light transport [LIGHT 2]. */
export function lightTokenVerifier(keys: VerifyingKeys): TokenVerifier {
  const keyOf = ({ kid }: JWTHeaderParameters): CryptoKey => {
    const key = kid === undefined ? undefined : keys.get(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  return {
    async verify(token, now) {
      if (token.length > MOST_CHARS) return undefined;
      try {
        const expected = { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE };
        return claimsOf((await jwtVerify(token, keyOf, { ...expected, currentDate: new Date(now) })).payload);
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

/** Of a compact JWS [RFC 7515 7.1]. */
function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Undefined where our own signature stands under something else. */
function claimsOf(payload: JWTPayload): LightClaims | undefined {
  const { sub, exp, "credential-version": credentialVersion, "auth-time": authTime } = payload;
  const device = sub === undefined ? undefined : parseDeviceKey(sub);
  if (device === undefined || !isCount(credentialVersion) || !isCount(authTime) || !isCount(exp)) {
    return undefined;
  }
  return { device, credentialVersion, authTime: authTime * SECOND_MS, expiresAt: exp * SECOND_MS };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function seconds(ms: number): number {
  return Math.floor(ms / SECOND_MS);
}

function privateKey(secret: string, kid: string): KeyObject {
  const seed = deriveKey(secret, `light-token ${kid}`);
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}

function publicKey(secret: string, kid: string): CryptoKey {
  return createPublicKey(privateKey(secret, kid)).toCryptoKey("Ed25519", true, ["verify"]);
}
