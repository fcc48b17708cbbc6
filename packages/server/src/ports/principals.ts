import { grantName, type Authority, type Grant } from "./grants.ts";
import type { ApiToken } from "./records.ts";
import { builtInRoles, isBuiltInRole, type Rights } from "./rights.ts";
import type { Store } from "./store.ts";

/** Somebody who was let in, and what they may do now. */
export interface Principal {
  /** As the audit log has it. */
  readonly name: string;
  readonly rights: Rights;
  /** Left out for the ACS itself and the token of the settings. */
  readonly authority?: Authority;
  /** Left out where there is no end. */
  readonly expiresAt?: number;
}

type AccessStore = Pick<Store, "grant" | "apiTokenById" | "user" | "role">;

/** Who acts by an authority, as the store has it now; undefined where it is over. */
export async function findPrincipal(
  store: AccessStore,
  authority: Authority,
  now: number,
): Promise<Principal | undefined> {
  switch (authority.type) {
    case "grant": {
      const grant = await store.grant(authority.id);
      return grant === undefined ? undefined : ofGrant(grant, now);
    }
    case "token": {
      const token = await store.apiTokenById(authority.id);
      return token === undefined ? undefined : ofToken(store, token, now);
    }
  }
}

/** Whose token it is; undefined where it is over, or its user or role is. */
export async function ofToken(
  store: AccessStore,
  token: ApiToken,
  now: number,
): Promise<Principal | undefined> {
  const { id, expiresAt, revokedAt } = token;
  if (revokedAt !== undefined || (expiresAt !== undefined && expiresAt <= now)) return undefined;
  const user = token.user === undefined ? undefined : await store.user(token.user);
  if (token.user !== undefined && (user === undefined || user.disabled)) return undefined;
  const rights = await rightsOfRole(store, user?.role ?? token.role);
  if (rights === undefined) return undefined;
  const authority = { type: "token", id } as const;
  return {
    name: user?.name ?? token.name,
    rights,
    authority,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

export async function rightsOfRole(store: AccessStore, role: string): Promise<Rights | undefined> {
  return isBuiltInRole(role) ? builtInRoles[role] : (await store.role(role))?.rights;
}

function ofGrant(grant: Grant, now: number): Principal | undefined {
  const { id, rights, expiresAt, revokedAt } = grant;
  if (revokedAt !== undefined || expiresAt <= now) return undefined;
  return { name: grantName(id), rights, authority: { type: "grant", id }, expiresAt };
}
