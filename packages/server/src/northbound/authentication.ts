import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiToken, Clock, Store } from "../ports/index.ts";
import { countAttempts } from "./attempts.ts";
import { refuse, refuseFor, type Refusal } from "./refusal.ts";

export interface Authentication {
  /** The manager behind an `Authorization` header, or why there is none. */
  readonly manager: (authorization: string | undefined, address: string) => Promise<Manager | Refusal>;
}

export interface Manager {
  /** As the audit log has it. */
  readonly name: string;
  /** Whether the token is still good. */
  readonly isAdmitted: () => Promise<boolean>;
}

/** Stands for the token of the settings; no other token can have this name. */
const ADMIN = "admin";
const BEARER = /^Bearer +([0-9A-Za-z._~+/-]{1,512}=*)$/i;
const CHALLENGE = { "www-authenticate": 'Bearer realm="heliograph"' };

export function authentication(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  adminToken: string | undefined,
): Authentication {
  const attempts = countAttempts(clock);
  const adminHash = adminToken === undefined ? undefined : sha256(adminToken);

  async function isStored(hash: string): Promise<ApiToken | undefined> {
    const token = await store.apiToken(hash);
    return token !== undefined && isGood(token, clock.now()) ? token : undefined;
  }

  return {
    async manager(authorization, address) {
      const [, token] = BEARER.exec(authorization ?? "") ?? [];
      if (token === undefined) {
        return refuse("unauthenticated", "send a token: `Authorization: Bearer <token>`", CHALLENGE);
      }
      const blockedForMs = attempts.blockedForMs(address);
      if (blockedForMs > 0) {
        return refuseFor(
          "too-many-attempts",
          "too many wrong tokens came from your address: wait",
          blockedForMs,
        );
      }
      const hash = sha256(token);
      if (adminHash !== undefined && timingSafeEqual(hash, adminHash)) {
        return { name: ADMIN, isAdmitted: () => Promise.resolve(true) };
      }
      const text = hash.toString("hex");
      const known = await isStored(text);
      if (known !== undefined) {
        return { name: known.name, isAdmitted: async () => (await isStored(text)) !== undefined };
      }
      attempts.failed(address);
      return refuse("unauthenticated", "this token is not known, or has expired or was revoked", {
        "www-authenticate": `${CHALLENGE["www-authenticate"]}, error="invalid_token"`,
      });
    },
  };
}

/** What is kept of a token. */
export function tokenHash(token: string): string {
  return sha256(token).toString("hex");
}

function isGood({ expiresAt, revokedAt }: ApiToken, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
