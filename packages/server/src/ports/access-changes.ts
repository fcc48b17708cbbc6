import type { CustomRole, Grant, GrantId, User } from "./grants.ts";
import type { AuditEntry } from "./records.ts";
import type { Rights } from "./rights.ts";
import type { Held } from "./held.ts";

/** What the store answers about who may do what. */
export interface AccessReads {
  grant(id: GrantId): Promise<Grant | undefined>;
  /** Newest first; those that are over too, until they age out. */
  grants(): Promise<readonly Grant[]>;
  user(name: string): Promise<User | undefined>;
  /** In the order of their names. */
  users(): Promise<readonly User[]>;
  role(name: string): Promise<CustomRole | undefined>;
  /** In the order of their names. */
  roles(): Promise<readonly CustomRole[]>;
}

/** The changes to who may do what; each with its entry in the audit log. */
export interface AccessChanges {
  readonly "add-grant": {
    readonly change: { readonly grant: Grant; readonly audit: AuditEntry };
    readonly result: Held;
  };
  /** Refused where the grant is revoked, or is not as it was: somebody changed it meanwhile. */
  readonly "change-grant": { readonly change: ChangeGrant; readonly result: Held };
  readonly "revoke-grant": {
    readonly change: { readonly id: GrantId; readonly at: number; readonly audit: AuditEntry };
    readonly result: Held;
  };
  /** Refused where there is one of this name. */
  readonly "add-user": {
    readonly change: { readonly user: User; readonly audit: AuditEntry };
    readonly result: Held;
  };
  /** What is left out stays. A new password, and being disabled, end the user's sessions. */
  readonly "change-user": { readonly change: ChangeUser; readonly result: Held };
  readonly "remove-user": {
    readonly change: { readonly name: string; readonly at: number; readonly audit: AuditEntry };
    readonly result: Held;
  };
  /** Takes the place of one of the same name. */
  readonly "set-role": {
    readonly change: { readonly role: CustomRole; readonly audit: AuditEntry };
    readonly result: Held;
  };
  /** Whoever has the role may do nothing any more. */
  readonly "remove-role": {
    readonly change: { readonly name: string; readonly audit: AuditEntry };
    readonly result: Held;
  };
}

export interface ChangeGrant {
  readonly id: GrantId;
  readonly was: { readonly rights: Rights; readonly expiresAt: number };
  readonly rights: Rights;
  readonly expiresAt: number;
  readonly audit: AuditEntry;
}

export interface ChangeUser {
  readonly name: string;
  readonly at: number;
  readonly password?: string;
  readonly role?: string;
  readonly disabled?: boolean;
  readonly audit: AuditEntry;
}
