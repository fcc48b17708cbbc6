import { createHash, timingSafeEqual } from "node:crypto";
import type { DeviceKey } from "@heliograph/protocol";
import {
  builtInRoles,
  findPrincipal,
  ofToken,
  rightsOn,
  type Clock,
  type GrantTokens,
  type Principal,
  type Rights,
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
  /** What they may do hangs on facts of devices, of whose changes nobody tells. */
  readonly goesByFacts: boolean;
  /** The same with their rights on these devices now, of which each is among them or is not. */
  readonly on: (devices: readonly DeviceKey[]) => Promise<Manager>;
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
  goesByFacts: false,
  on: () => Promise.resolve(admin),
};

type RightsPorts = Pick<AuthenticationPorts, "store" | "clock">;

function managerOf(principal: Principal, ports: RightsPorts): Manager {
  const isByExpression = principal.rights.devices.type === "expression";
  const manager: Manager = {
    ...principal,
    isAdmitted: stillHas(principal, ports, async (rights) => rights),
    goesByFacts: false,
    on: async (devices) => (isByExpression ? onDevices(principal, devices, ports) : manager),
  };
  return manager;
}

async function onDevices(
  principal: Principal,
  devices: readonly DeviceKey[],
  ports: RightsPorts,
): Promise<Manager> {
  const rights = await rightsOn(principal.rights, devices, ports);
  return {
    ...principal,
    rights,
    isAdmitted: stillHas({ ...principal, rights }, ports, (now) => rightsOn(now, devices, ports)),
    goesByFacts: true,
    on: (others) => onDevices(principal, others, ports),
  };
}

/** What is open goes by the rights that it was opened with: it ends when they change. */
function stillHas(
  { authority, rights }: Principal,
  { store, clock }: RightsPorts,
  resolve: (rights: Rights) => Promise<Rights>,
): Manager["isAdmitted"] {
  const opened = JSON.stringify(rights);
  return async () => {
    if (authority === undefined) return true;
    const now = await findPrincipal(store, authority, clock.now());
    return now !== undefined && JSON.stringify(await resolve(now.rights)) === opened;
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
