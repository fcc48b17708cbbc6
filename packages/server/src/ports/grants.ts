import type { Brand, DeviceKey } from "@heliograph/protocol";
import type { Rights } from "./rights.ts";

export type GrantId = Brand<string, "GrantId">;

const GRANT_ID = /^[0-9a-f]{16}$/;

export function grantId(hex: string): GrantId | undefined {
  return GRANT_ID.test(hex) ? (hex as GrantId) : undefined;
}

/** What admits somebody for a while [LIGHT 7]. Times are milliseconds since 1970. */
export interface Grant {
  readonly id: GrantId;
  /** Whom it is for, for people to read. */
  readonly holder: string;
  readonly reason: string;
  readonly rights: Rights;
  readonly givenBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt?: number;
}

/** By what somebody acts; left out where that is the ACS's own right, or the settings'. */
export type Authority =
  { readonly type: "token"; readonly id: string } | { readonly type: "grant"; readonly id: GrantId };

/** However often it is extended. */
export const LONGEST_GRANT_MS = 7 * 86_400_000;
export const USUAL_GRANT_MS = 3_600_000;

/** What a grant's holder goes by in the audit log; no token has such a name. */
export function grantName(id: GrantId): string {
  return `grant:${id}`;
}

export function grantOf(authority: Authority | undefined): GrantId | undefined {
  return authority?.type === "grant" ? authority.id : undefined;
}

/** Makes and reads the tokens of grants, which say no more than which grant it is: the rest is in the store, where it can change. */
export interface GrantTokens {
  sign(id: GrantId, expiresAt: number): Promise<string>;
  /** The grant of a token that was signed for this and has not expired at `now`, else undefined. */
  verify(token: string, now: number): Promise<GrantId | undefined>;
}

/** Somebody who signs in by name and password. */
export interface User {
  readonly name: string;
  /** As {@link PasswordHash} has it. */
  readonly password: string;
  readonly role: string;
  readonly disabled: boolean;
  readonly createdAt: number;
}

/** A role that was made here. */
export interface CustomRole {
  readonly name: string;
  readonly rights: Rights;
  readonly createdAt: number;
}

/** Which entries of the audit log. */
export interface AuditQuery {
  readonly before?: number;
  readonly limit: number;
  readonly manager?: string;
  readonly device?: DeviceKey;
  readonly grant?: GrantId;
  readonly action?: string;
  readonly since?: number;
  readonly until?: number;
}
