import type { Brand, DeviceKey, Expression } from "@heliograph/protocol";
import type { AuditEntry, DeviceRecord, EventRecord } from "./records.ts";
import type { Held } from "./held.ts";
import type { Page } from "./page.ts";

export type GroupName = Brand<string, "GroupName">;

const GROUP_NAME = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;
const TAG = /^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$/;

/** Every one of them may have to be looked at when a device changes. */
export const MAX_GROUPS = 500;
export const MAX_TAGS = 64;

export function groupName(text: string): GroupName | undefined {
  return GROUP_NAME.test(text) ? (text as GroupName) : undefined;
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Devices that have something in common: those of which its expression is true. */
export interface GroupRecord {
  readonly name: GroupName;
  readonly description: string;
  /** As it is printed. */
  readonly expression: string;
  /** Its expression asks for nothing that devices say of themselves. */
  readonly trustedFactsOnly: boolean;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly members: number;
  /** While all devices are being looked at anew. */
  readonly counting?: GroupCounting;
}

export interface GroupCounting {
  readonly because: CountReason;
  /** Devices that were looked at, and how many there are. */
  readonly counted: number;
  readonly of: number;
}

/** `expression`: it is new. `time`: it says something of the time that has gone by. `restart`: connections were lost. */
export type CountReason = "expression" | "time" | "restart";

/** Why a device joined or left: facts of it changed, it came in, or the group was counted. */
export type MembershipReason = "facts" | "enrolled" | "removed" | CountReason;

export interface GroupMember {
  readonly device: DeviceKey;
  readonly since: number;
}

export interface Membership {
  readonly group: GroupName;
  readonly since: number;
}

/** What the store says of groups, and of devices by expressions. */
export interface GroupReads {
  /** In the order of their names. */
  groups(): Promise<readonly GroupRecord[]>;
  group(name: GroupName): Promise<GroupRecord | undefined>;
  /** In the order of their keys. */
  groupMembers(query: GroupMemberQuery): Promise<Page<GroupMember>>;
  /** In the order of the groups' names. */
  groupsOf(device: DeviceKey): Promise<readonly Membership[]>;
  /** The events `group-joined` and `group-left` of a group, newest first. */
  groupChanges(query: GroupChangeQuery): Promise<Page<EventRecord>>;
  /**
   * Devices of which an expression is true, in the order of their keys. Looks at so many of them that it is soon over:
   * fewer than `limit` on a page that has a `next` says that there may be more.
   */
  /** Those of some, at most 1000, that there are, in the order of their keys. */
  devicesAmong(keys: readonly DeviceKey[]): Promise<readonly DeviceRecord[]>;
  searchDevices(query: DeviceSearch): Promise<Page<DeviceRecord>>;
  /** Those of some devices of which an expression is true, by what is known of them at this moment; in no order. */
  coveredDevices(query: CoverQuery): Promise<readonly DeviceKey[]>;
}

export interface GroupMemberQuery {
  readonly group: GroupName;
  readonly after?: string;
  readonly limit: number;
}

export interface GroupChangeQuery {
  readonly group: GroupName;
  readonly after?: string;
  readonly limit: number;
}

export interface DeviceSearch {
  readonly where: Expression;
  readonly now: number;
  readonly after?: string;
  readonly limit: number;
}

export interface CoverQuery {
  readonly where: Expression;
  readonly now: number;
  readonly devices: readonly DeviceKey[];
}

export interface GroupChanges {
  /** Not held: there is no such device, or it would have more tags than {@link MAX_TAGS}. */
  "set-tags": { readonly change: SetTags; readonly result: Held };
  /** Makes a group, or changes one; where its expression is another, all devices are to be looked at. */
  "set-group": { readonly change: SetGroup; readonly result: SetGroupResult };
  /** Takes its members along, who are told nothing. */
  "remove-group": { readonly change: RemoveGroup; readonly result: Held };
  /** Groups that say something of the time are to be counted. */
  "recount-groups": { readonly change: { readonly at: number }; readonly result: Held };
  /** Looks at the next devices for the groups that are being counted, from where it came to. */
  "count-groups": {
    readonly change: { readonly at: number; readonly limit: number };
    readonly result: { readonly goesOn: boolean };
  };
}

export interface SetTags {
  readonly device: DeviceKey;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly at: number;
  readonly audit: AuditEntry;
}

export interface SetGroup {
  readonly name: GroupName;
  readonly description: string;
  /** Printed. */
  readonly expression: string;
  readonly trustedFactsOnly: boolean;
  readonly at: number;
  readonly audit: AuditEntry;
}

export type SetGroupResult =
  | { readonly type: "made" | "changed"; readonly group: GroupRecord }
  | { readonly type: "refused"; readonly reason: "too-many" };

export interface RemoveGroup {
  readonly name: GroupName;
  readonly audit: AuditEntry;
}
