import { createHash, timingSafeEqual } from "node:crypto";
import {
  builtInRoles,
  findPrincipal,
  ofToken,
  type Clock,
  type GrantTokens,
  type Principal,
  type Store,
} from "../ports/index.ts";
import { countAttempts } from "./attempts.ts";
import type { Passwords } from "./password.ts";
import { refuse, refuseFor, type Refusal } from "./refusal.ts";

export interface Authentication {
  /** The manager behind an `Authorization` header, or why there is none. */
  readonly manager: (authorization: string | undefined, address: string) => Promise<Manager | Refusal>;
  /** The name of the user whose password it is, or why there is none. */
  readonly user: (login: Login, address: string) => Promise<SignedIn | Refusal>;
}

export interface Login {
  readonly name: string;
  readonly password: string;
}

export interface SignedIn {
  readonly name: string;
  readonly role: string;
}

/** Somebody who was let in, with what they may do. */
export interface Manager extends Principal {
  /** Whether they may still do all of that, and no more. */
  readonly isAdmitted: () => Promise<boolean>;
}

export interface AuthenticationPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly grantTokens: GrantTokens;
  readonly passwords: Passwords;
}

/** Stands for the token of the settings; no other token can have this name. */
const ADMIN = "admin";
const BEARER = /^Bearer +([0-9A-Za-z._~+/-]{1,1024}=*)$/i;
const CHALLENGE = { "www-authenticate": 'Bearer realm="heliograph"' };

export function authentication(
  { store, clock, grantTokens, passwords }: AuthenticationPorts,
  adminToken: string | undefined,
): Authentication {
  const attempts = countAttempts(clock);
  const adminHash = adminToken === undefined ? undefined : sha256(adminToken);

  function blocked(address: string, what: string): Refusal | undefined {
    const blockedForMs = attempts.blockedForMs(address);
    const detail = `too many wrong ${what} came from your address: wait`;
    return blockedForMs > 0 ? refuseFor("too-many-attempts", detail, blockedForMs) : undefined;
  }

  async function principalOf(token: string, hash: string): Promise<Principal | undefined> {
    const now = clock.now();
    const stored = await store.apiToken(hash);
    if (stored !== undefined) return ofToken(store, stored, now);
    const id = await grantTokens.verify(token, now);
    return id === undefined ? undefined : findPrincipal(store, { type: "grant", id }, now);
  }

  return {
    async manager(authorization, address) {
      const [, token] = BEARER.exec(authorization ?? "") ?? [];
      if (token === undefined) {
        return refuse("unauthenticated", "send a token: `Authorization: Bearer <token>`", CHALLENGE);
      }
      const refusal = blocked(address, "tokens");
      if (refusal !== undefined) return refusal;
      const hash = sha256(token);
      if (adminHash !== undefined && timingSafeEqual(hash, adminHash)) return admin;
      const principal = await principalOf(token, hash.toString("hex"));
      if (principal !== undefined) return managerOf(principal, { store, clock });
      attempts.failed(address);
      return refuse("unauthenticated", "this token is not known, or has expired or was revoked", {
        "www-authenticate": `${CHALLENGE["www-authenticate"]}, error="invalid_token"`,
      });
    },

    async user({ name, password }, address) {
      const refusal = blocked(address, "passwords");
      if (refusal !== undefined) return refusal;
      const user = await store.user(name);
      // Who is not there takes as long as who is.
      const isRight = await passwords.isRight(password, user?.password);
      if (user !== undefined && isRight && !user.disabled) return { name, role: user.role };
      attempts.failed(address);
      return refuse("unauthenticated", "there is no such user, or the password is wrong");
    },
  };
}

/** What is kept of a token. */
export function tokenHash(token: string): string {
  return sha256(token).toString("hex");
}

const admin: Manager = {
  name: ADMIN,
  rights: builtInRoles.admin,
  isAdmitted: () => Promise.resolve(true),
};

/** What is open goes by the rights that it was opened with: it ends when they change. */
function managerOf(
  principal: Principal,
  { store, clock }: Pick<AuthenticationPorts, "store" | "clock">,
): Manager {
  const { authority, rights } = principal;
  const opened = JSON.stringify(rights);
  return {
    ...principal,
    async isAdmitted() {
      if (authority === undefined) return true;
      const now = await findPrincipal(store, authority, clock.now());
      return now !== undefined && JSON.stringify(now.rights) === opened;
    },
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
