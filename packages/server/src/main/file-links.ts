import { createHmac, timingSafeEqual } from "node:crypto";
import { operationId, type FileGrant, type FileLinks, type OperationId } from "../ports/index.ts";
import { deriveKey } from "./secret-key.ts";

const SECOND_MS = 1_000;
/** When it expires, in seconds, as far as the year 36812. */
const EXPIRY_BYTES = 5;
const TRANSFER_BYTES = 16;
/** Half of a SHA-256: nobody finds one by trying, and the URL stays short. */
const SEAL_BYTES = 16;
const SAID_BYTES = EXPIRY_BYTES + TRANSFER_BYTES;
const TOKEN = /^[A-Za-z0-9_-]{50}$/;

/** Links that every process with the secret key makes and reads alike. */
export function fileLinks(secret: string): FileLinks {
  const key = deriveKey(secret, "file-links");
  const sealOf = (scope: string, said: Uint8Array): Buffer =>
    createHmac("sha256", key).update(scope).update("\n").update(said).digest().subarray(0, SEAL_BYTES);
  return {
    mint({ scope, transfer, expiresAt }) {
      const said = Buffer.alloc(SAID_BYTES);
      said.writeUIntBE(Math.floor(expiresAt / SECOND_MS), 0, EXPIRY_BYTES);
      said.write(transfer, EXPIRY_BYTES, "hex");
      return Buffer.concat([said, sealOf(scope, said)]).toString("base64url");
    },
    verify(token, scope, now) {
      if (!TOKEN.test(token)) return undefined;
      const bytes = Buffer.from(token, "base64url");
      // The last character has bits to spare: one link is written in one way.
      if (bytes.toString("base64url") !== token) return undefined;
      const said = bytes.subarray(0, SAID_BYTES);
      if (!timingSafeEqual(bytes.subarray(SAID_BYTES), sealOf(scope, said))) return undefined;
      const grant = grantOf(scope, said);
      return grant !== undefined && now < grant.expiresAt ? grant : undefined;
    },
    passwordOf: (scope, transfer) =>
      sealOf(`login ${scope}`, Buffer.from(transfer, "hex")).toString("base64url"),
  };
}

function grantOf(scope: string, said: Buffer): FileGrant | undefined {
  const transfer: OperationId | undefined = operationId(said.toString("hex", EXPIRY_BYTES));
  if (transfer === undefined) return undefined;
  return { scope, transfer, expiresAt: said.readUIntBE(0, EXPIRY_BYTES) * SECOND_MS };
}
