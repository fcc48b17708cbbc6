import type { Brand, DeviceKey } from "@heliograph/protocol";
import type { Authority } from "./grants.ts";
import type { GroupName } from "./groups.ts";
import type { Held } from "./held.ts";
import type { OperationId } from "./ids.ts";
import type { Page } from "./page.ts";
import type { AuditEntry, DeviceCall } from "./records.ts";

export type CampaignId = Brand<string, "CampaignId">;

const CAMPAIGN_ID = /^[0-9a-f]{16}$/;

export function campaignId(hex: string): CampaignId | undefined {
  return CAMPAIGN_ID.test(hex) ? (hex as CampaignId) : undefined;
}

/** Each of them is looked at time and again. */
export const MAX_OPEN_CAMPAIGNS = 50;

/** The same RPCs on many devices, once on each of them. */
export interface Campaign {
  readonly id: CampaignId;
  readonly description: string;
  /** Whose devices are meant: those that are so when it starts, and no others. */
  readonly of: CampaignDevices;
  readonly rpcs: readonly DeviceCall[];
  readonly rules: CampaignRules;
  /** Who asks: who made it, or went on with it. */
  readonly manager: string;
  /** By what they ask: looked up for each device. Left out where that is the ACS's own right. */
  readonly authority?: Authority;
  readonly createdAt: number;
  readonly startsAt: number;
  /** When devices that were not reached are given up. */
  readonly endsAt: number;
  /** What had ended, and failed, when somebody went on with it after it had stopped: its rules look at what came since. */
  readonly borne?: { readonly ended: number; readonly failed: number };
}

export type CampaignDevices =
  | { readonly type: "group"; readonly group: GroupName }
  /** As it is printed. */
  | { readonly type: "expression"; readonly expression: string };

export interface CampaignRules {
  /** Devices that are begun with in a second, and those that may be at it at once. */
  readonly pace: { readonly perSecond: number; readonly atOnce: number };
  /** Where so many fail, or so large a share of those that ended, it stops. */
  readonly stop: { readonly failures?: number; readonly share?: number };
  /** Hours of the day, UTC, in which devices are begun with; `from` may be after `to`: over midnight. */
  readonly hours?: { readonly from: number; readonly to: number };
}

/**
 * `planned`: its start is to come; `gathering`: its devices are being noted; `paused`: by a manager; `stopped`: by its rules;
 * `cancelled`: by a manager, for good; `over`: every device has ended, or its time has.
 */
export const campaignStates = [
  "planned",
  "gathering",
  "running",
  "paused",
  "stopped",
  "cancelled",
  "over",
] as const;
export type CampaignState = (typeof campaignStates)[number];

/**
 * Where one device stands. `waiting`: not begun with. `begun`: its operation is under way; `asleep`: it has not come for it,
 * and keeps nobody else from their turns. `unknown`: nothing tells whether it did it. `not-reached`: it did not come in time.
 * `withdrawn`: its operation was taken back before it left. `skipped`: no operation could be made of it.
 */
export const memberStates = [
  "waiting",
  "begun",
  "asleep",
  "done",
  "faulted",
  "unknown",
  "not-reached",
  "withdrawn",
  "skipped",
] as const;
export type CampaignMemberState = (typeof memberStates)[number];

export interface CampaignMember {
  readonly device: DeviceKey;
  readonly state: CampaignMemberState;
  /** The one that it has, or will have. */
  readonly operation: OperationId;
  /** Since when it is so. */
  readonly at: number;
  /** The CWMP fault code. */
  readonly fault?: number;
  readonly reason?: string;
}

export type CampaignCounts = Readonly<Record<CampaignMemberState, number>>;

/** A campaign, and where it stands. */
export interface CampaignStanding {
  readonly campaign: Campaign;
  readonly state: CampaignState;
  /** Since when. */
  readonly since: number;
  /** Why it was stopped or paused. */
  readonly reason?: string;
  /** How far its devices have been noted; left out once all are. */
  readonly gathered?: string;
  readonly counts: CampaignCounts;
  /** Devices by the code of their fault, ascending. */
  readonly faults: readonly { readonly code: number; readonly devices: number }[];
}

export interface CampaignMemberQuery {
  readonly campaign: CampaignId;
  readonly state?: CampaignMemberState;
  readonly after?: string;
  readonly limit: number;
}

export interface CampaignReads {
  campaign(id: CampaignId): Promise<CampaignStanding | undefined>;
  /** Newest first. */
  campaigns(query: { readonly after?: string; readonly limit: number }): Promise<Page<CampaignStanding>>;
  /** In the order of their keys. */
  campaignMembers(query: CampaignMemberQuery): Promise<Page<CampaignMember>>;
  /** Those of which something is still to be seen to, and those that closed before `agedBefore`, which are to be forgotten. */
  campaignWork(query: { readonly agedBefore: number }): Promise<CampaignWork>;
  /** Devices that are begun with next, in the order of their operations' ids, which nothing else goes by. */
  campaignTurns(query: {
    readonly campaign: CampaignId;
    readonly limit: number;
  }): Promise<readonly CampaignMember[]>;
  /** Operations of a campaign that wait for their devices. */
  campaignQueued(query: {
    readonly campaign: CampaignId;
    readonly limit: number;
  }): Promise<readonly OperationId[]>;
}

export interface CampaignWork {
  readonly open: readonly CampaignStanding[];
  readonly aged: readonly CampaignId[];
}

export interface CampaignChanges {
  readonly "add-campaign": { readonly change: AddCampaign; readonly result: AddCampaignResult };
  /** Notes devices, and how far that has come. Refused where it has come elsewhere than to `from`. */
  readonly "gather-campaign": { readonly change: GatherCampaign; readonly result: Held };
  /** What came of devices that waited; whoever does not wait any more stays as they are. */
  readonly "mark-campaign": { readonly change: MarkCampaign; readonly result: Held };
  /** Takes over what came of operations, at most `limit` of them, and gives how many there were. */
  readonly "settle-campaign": {
    readonly change: SettleCampaign;
    readonly result: { readonly settled: number };
  };
  /** Refused where it is in none of the states. */
  readonly "move-campaign": { readonly change: MoveCampaign; readonly result: Held };
  /** Nothing is left to see to. */
  readonly "close-campaign": {
    readonly change: { readonly campaign: CampaignId; readonly at: number };
    readonly result: Held;
  };
  /** With its devices, at most `limit` of them at a time. */
  readonly "forget-campaign": {
    readonly change: { readonly campaign: CampaignId; readonly limit: number };
    readonly result: { readonly goesOn: boolean };
  };
}

export interface AddCampaign {
  readonly campaign: Campaign;
  /** Says whether a repeated id asks for the same; hexadecimal SHA-256. */
  readonly requestHash: string;
  readonly audit: AuditEntry;
}

export type AddCampaignResult =
  | { readonly type: "added" | "repeated"; readonly standing: CampaignStanding }
  | { readonly type: "refused"; readonly reason: "idempotency-mismatch" | "too-many" };

export interface GatherCampaign {
  readonly campaign: CampaignId;
  readonly at: number;
  readonly from: string;
  /** Where the next begin; left out where these are the last, and it runs from now on. */
  readonly next?: string;
  readonly members: readonly Pick<CampaignMember, "device" | "operation">[];
}

export interface MarkCampaign {
  readonly campaign: CampaignId;
  readonly at: number;
  readonly marks: readonly CampaignMark[];
}

export type CampaignMark =
  | { readonly device: DeviceKey; readonly type: "begun" }
  | { readonly device: DeviceKey; readonly type: "skipped"; readonly reason: string };

export interface SettleCampaign {
  readonly campaign: CampaignId;
  readonly of: "begun" | "asleep";
  readonly at: number;
  /** Whoever was begun with before, and has not come, is asleep. */
  readonly since: number;
  readonly limit: number;
}

export interface MoveCampaign {
  readonly campaign: CampaignId;
  readonly from: readonly CampaignState[];
  readonly to: CampaignState;
  readonly at: number;
  readonly reason?: string;
  /** Who goes on with it, and answers for it from now on. */
  readonly by?: Pick<Campaign, "manager" | "authority">;
  /** Left out where it moves by itself. */
  readonly audit?: AuditEntry;
}
