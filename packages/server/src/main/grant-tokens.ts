import { createPrivateKey, createPublicKey } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { grantId, type Clock, type GrantTokens } from "../ports/index.ts";
import { deriveKey } from "./secret-key.ts";

const ALGORITHM = "EdDSA";
const ISSUER = "heliograph";
const AUDIENCE = "manage";
/** Ours have some 230 characters. */
const MOST_CHARS = 512;
const SECOND_MS = 1_000;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 [RFC 8410 7]. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** Signs which grant it is, with a key for nothing else, the same in every process that has the secret key [LIGHT 7]. */
export function grantTokens(secret: string, clock: Clock): GrantTokens {
  const seed = deriveKey(secret, "grant-token 1");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key);
  return {
    sign: (id, expiresAt) =>
      new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(id)
        .setIssuedAt(Math.floor(clock.now() / SECOND_MS))
        .setExpirationTime(Math.ceil(expiresAt / SECOND_MS))
        .sign(key),
    async verify(token, now) {
      if (token.length > MOST_CHARS) return undefined;
      try {
        const expected = { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE };
        const { payload } = await jwtVerify(token, publicKey, { ...expected, currentDate: new Date(now) });
        return grantId(payload.sub ?? "");
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
