import type { DeviceKey } from "@heliograph/protocol";
import type {
  ApiToken,
  AuditQuery,
  AuditRecord,
  BackupPlanStanding,
  BackupWork,
  BackupWorkQuery,
  CampaignId,
  CampaignMember,
  CampaignMemberQuery,
  CampaignStanding,
  CampaignWork,
  ChannelQuery,
  ChannelRecord,
  Compliance,
  ComplianceCounts,
  ComplianceQuery,
  ComplianceWorkQuery,
  CustomRole,
  DeadLetter,
  DeviceBackups,
  DeviceQuery,
  DeviceRecord,
  DeviceSearch,
  EventQuery,
  EventRecord,
  Grant,
  GroupChangeQuery,
  GroupMember,
  GroupMemberQuery,
  GroupRecord,
  MemberQuery,
  MemberRecord,
  OperationId,
  OperationQuery,
  OperationRecord,
  Page,
  PolicyDevicesQuery,
  PolicyJoiner,
  PolicyName,
  PolicyRecord,
  PolicyVersion,
  Publication,
  PublicationQuery,
  User,
  WebhookStanding,
} from "../ports/index.ts";
import { apiTokenOf } from "./changes/access.ts";
import { findGrants } from "./changes/grants.ts";
import { findRoles, findUsers } from "./changes/users.ts";
import { findBackupPlans, findBackups, findBackupWork } from "./backup-rows.ts";
import {
  findCampaignMembers,
  findCampaignQueued,
  findCampaigns,
  findCampaignTurns,
  findCampaignWork,
} from "./campaign-rows.ts";
import { findChannelMembers, findChannels, findNewPublications, findPublications } from "./channel-rows.ts";
import type { Database, Values } from "./database.ts";
import { deviceOf, findDevicesAmong } from "./device-rows.ts";
import { findGroupChanges, findGroupMembers, findGroups } from "./groups/group-rows.ts";
import { searchDevices } from "./groups/search-devices.ts";
import { auditOf, eventOf } from "./journal-rows.ts";
import { findDevicesThatLent } from "./notification-rows.ts";
import { findOpenOperations, operationsOf } from "./operation-rows.ts";
import {
  countCompliance,
  findCompliance,
  findComplianceAmong,
  findComplianceWork,
  findConfigurations,
  findPolicies,
  findPolicyJoiners,
  findPolicyLeavers,
  findPolicyVersions,
} from "./policy-rows.ts";
import { text } from "./row.ts";
import { findOverdueTransfers, findTransfers } from "./transfer-queries.ts";
import { findDeadLetters, findWebhooks, type DeadLetterQuery } from "./webhook-rows.ts";

/** Every question that the worker answers: those that look through rows, however many. */
export interface Queries {
  readonly devices: { readonly ask: DeviceQuery; readonly answer: Page<DeviceRecord> };
  readonly "devices-among": { readonly ask: readonly DeviceKey[]; readonly answer: readonly DeviceRecord[] };
  readonly groups: { readonly ask: null; readonly answer: readonly GroupRecord[] };
  readonly "group-members": { readonly ask: GroupMemberQuery; readonly answer: Page<GroupMember> };
  readonly "group-changes": { readonly ask: GroupChangeQuery; readonly answer: Page<EventRecord> };
  readonly "search-devices": { readonly ask: DeviceSearch; readonly answer: Page<DeviceRecord> };
  readonly operations: { readonly ask: OperationQuery; readonly answer: Page<OperationRecord> };
  readonly "open-operations": { readonly ask: DeviceKey; readonly answer: readonly OperationRecord[] };
  readonly "devices-with-work": {
    readonly ask: { readonly after?: DeviceKey; readonly limit: number };
    readonly answer: readonly DeviceKey[];
  };
  readonly transfers: { readonly ask: DeviceKey; readonly answer: readonly OperationRecord[] };
  readonly "overdue-transfers": {
    readonly ask: { readonly now: number; readonly limit: number };
    readonly answer: readonly OperationRecord[];
  };
  readonly "backup-plans": { readonly ask: null; readonly answer: readonly BackupPlanStanding[] };
  readonly campaigns: {
    readonly ask: { readonly after?: string; readonly limit: number };
    readonly answer: Page<CampaignStanding>;
  };
  readonly "campaign-members": { readonly ask: CampaignMemberQuery; readonly answer: Page<CampaignMember> };
  readonly "campaign-work": { readonly ask: { readonly agedBefore: number }; readonly answer: CampaignWork };
  readonly "campaign-turns": {
    readonly ask: { readonly campaign: CampaignId; readonly limit: number };
    readonly answer: readonly CampaignMember[];
  };
  readonly "campaign-queued": {
    readonly ask: { readonly campaign: CampaignId; readonly limit: number };
    readonly answer: readonly OperationId[];
  };
  readonly channels: { readonly ask: ChannelQuery; readonly answer: Page<ChannelRecord> };
  readonly publications: { readonly ask: PublicationQuery; readonly answer: readonly Publication[] };
  readonly "new-publications": {
    readonly ask: { readonly after: number; readonly limit: number };
    readonly answer: readonly Publication[];
  };
  readonly "channel-members": { readonly ask: MemberQuery; readonly answer: Page<MemberRecord> };
  readonly backups: { readonly ask: DeviceKey; readonly answer: DeviceBackups };
  readonly "backup-work": { readonly ask: BackupWorkQuery; readonly answer: BackupWork };
  readonly "devices-that-lent": {
    readonly ask: { readonly after?: DeviceKey; readonly limit: number };
    readonly answer: readonly DeviceKey[];
  };
  readonly policies: { readonly ask: null; readonly answer: readonly PolicyRecord[] };
  readonly "policy-versions": { readonly ask: PolicyName; readonly answer: readonly PolicyVersion[] };
  readonly configurations: { readonly ask: DeviceKey; readonly answer: readonly PolicyVersion[] };
  readonly compliance: { readonly ask: ComplianceQuery; readonly answer: Page<Compliance> };
  readonly "compliance-counts": { readonly ask: PolicyName; readonly answer: ComplianceCounts };
  readonly "compliance-among": {
    readonly ask: readonly DeviceKey[];
    readonly answer: readonly Compliance[];
  };
  readonly "compliance-work": { readonly ask: ComplianceWorkQuery; readonly answer: readonly Compliance[] };
  readonly "policy-joiners": { readonly ask: PolicyDevicesQuery; readonly answer: readonly PolicyJoiner[] };
  readonly "policy-leavers": { readonly ask: PolicyDevicesQuery; readonly answer: readonly DeviceKey[] };
  readonly events: { readonly ask: EventQuery; readonly answer: readonly EventRecord[] };
  readonly audit: { readonly ask: AuditQuery; readonly answer: readonly AuditRecord[] };
  readonly "api-tokens": { readonly ask: null; readonly answer: readonly ApiToken[] };
  readonly grants: { readonly ask: null; readonly answer: readonly Grant[] };
  readonly users: { readonly ask: null; readonly answer: readonly User[] };
  readonly roles: { readonly ask: null; readonly answer: readonly CustomRole[] };
  readonly webhooks: { readonly ask: null; readonly answer: readonly WebhookStanding[] };
  readonly "dead-letters": { readonly ask: DeadLetterQuery; readonly answer: readonly DeadLetter[] };
}

export type QueryType = keyof Queries;
export type AskOf<T extends QueryType> = Queries[T]["ask"];
export type AnswerOf<T extends QueryType> = Queries[T]["answer"];

type QueryTable = {
  readonly [T in QueryType]: (db: Database, ask: Queries[T]["ask"]) => Queries[T]["answer"];
};

const queries: QueryTable = {
  devices,
  "devices-among": findDevicesAmong,
  groups: findGroups,
  "group-members": findGroupMembers,
  "group-changes": findGroupChanges,
  "search-devices": searchDevices,
  operations,
  "open-operations": findOpenOperations,
  "devices-with-work": devicesWithWork,
  transfers: findTransfers,
  "overdue-transfers": findOverdueTransfers,
  "backup-plans": findBackupPlans,
  backups: findBackups,
  campaigns: findCampaigns,
  "campaign-members": findCampaignMembers,
  "campaign-work": findCampaignWork,
  "campaign-turns": findCampaignTurns,
  "campaign-queued": findCampaignQueued,
  channels: findChannels,
  publications: findPublications,
  "new-publications": findNewPublications,
  "channel-members": findChannelMembers,
  "backup-work": findBackupWork,
  "devices-that-lent": findDevicesThatLent,
  policies: findPolicies,
  "policy-versions": findPolicyVersions,
  configurations: findConfigurations,
  compliance: findCompliance,
  "compliance-counts": countCompliance,
  "compliance-among": findComplianceAmong,
  "compliance-work": findComplianceWork,
  "policy-joiners": findPolicyJoiners,
  "policy-leavers": findPolicyLeavers,
  events,
  audit,
  "api-tokens": (db) => db.all("SELECT * FROM api_tokens ORDER BY created_at, id").map(apiTokenOf),
  grants: findGrants,
  users: findUsers,
  roles: findRoles,
  webhooks: findWebhooks,
  "dead-letters": findDeadLetters,
};

export function answerQuery<T extends QueryType>(db: Database, type: T, ask: AskOf<T>): AnswerOf<T> {
  return queries[type](db, ask);
}

function devices(db: Database, query: DeviceQuery): Page<DeviceRecord> {
  const words = query.words ?? [];
  const rows = select(db, {
    from: "devices",
    where: [
      query.after === undefined ? undefined : ["key > :after", { after: query.after }],
      query.approval === undefined ? undefined : ["approval = :approval", { approval: query.approval }],
      query.claimed === undefined ? undefined : [CLAIMED[query.claimed ? "yes" : "no"], {}],
      ...words.map((word, index): Condition => [
        `search LIKE :word${index} ESCAPE '\\'`,
        { [`word${index}`]: `%${word.toLowerCase().replace(/[\\%_]/g, "\\$&")}%` },
      ]),
    ],
    orderBy: "key",
    limit: query.limit + 1,
  });
  return page(rows.map(deviceOf), query.limit, (device) => device.key);
}

const CLAIMED = {
  yes: "claim_at IS NOT NULL AND claim_approved_at IS NULL",
  no: "(claim_at IS NULL OR claim_approved_at IS NOT NULL)",
} as const;

function operations(db: Database, query: OperationQuery): Page<OperationRecord> {
  const rows = select(db, {
    from: "operations",
    where: [
      query.after === undefined ? undefined : ["sequence < :after", { after: Number(query.after) }],
      query.device === undefined ? undefined : ["device = :device", { device: query.device }],
      query.state === undefined ? undefined : ["state = :state", { state: query.state }],
    ],
    orderBy: "sequence DESC",
    limit: query.limit + 1,
  });
  const found = operationsOf(db, rows);
  return page(found, query.limit, (operation) => String(operation.sequence));
}

function devicesWithWork(db: Database, query: { after?: DeviceKey; limit: number }): readonly DeviceKey[] {
  const rows = db.all(
    `SELECT DISTINCT device FROM operations
     WHERE ended_at IS NULL AND state <> 'transferring' AND device > :after
     ORDER BY device LIMIT :limit`,
    { after: query.after ?? "", limit: query.limit },
  );
  return rows.map((row) => text(row, "device") as DeviceKey);
}

function events(db: Database, query: EventQuery): readonly EventRecord[] {
  const rows = select(db, {
    from: "events",
    where: [
      ["id > :after", { after: query.after }],
      query.device === undefined ? undefined : ["device = :device", { device: query.device }],
    ],
    orderBy: "id",
    limit: query.limit,
  });
  return rows.map(eventOf);
}

function audit(db: Database, query: AuditQuery): readonly AuditRecord[] {
  const { before, manager, device, grant, action, since, until } = query;
  const rows = select(db, {
    from: "audit",
    where: [
      before === undefined ? undefined : ["id < :before", { before }],
      manager === undefined ? undefined : ["manager = :manager", { manager }],
      device === undefined ? undefined : ["device = :device", { device }],
      grant === undefined ? undefined : ["grant_id = :grant", { grant }],
      action === undefined ? undefined : ["action = :action", { action }],
      since === undefined ? undefined : ["at >= :since", { since }],
      until === undefined ? undefined : ["at < :until", { until }],
    ],
    orderBy: "id DESC",
    limit: query.limit,
  });
  return rows.map(auditOf);
}

type Condition = readonly [sql: string, values: Values];

interface Selection {
  readonly from: "devices" | "operations" | "events" | "audit";
  readonly where: readonly (Condition | undefined)[];
  readonly orderBy: string;
  readonly limit: number;
}

/** Rows that meet every condition given. */
function select(db: Database, { from, where, orderBy, limit }: Selection) {
  const conditions = where.filter((condition) => condition !== undefined);
  const clause = conditions.length === 0 ? "" : `WHERE ${conditions.map(([sql]) => sql).join(" AND ")}`;
  const values = conditions.reduce<Values>((all, [, each]) => ({ ...all, ...each }), { limit });
  return db.all(`SELECT * FROM ${from} ${clause} ORDER BY ${orderBy} LIMIT :limit`, values);
}

/** The first `limit` of items that were read one further, to see whether more follow. */
function page<T>(items: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return items.length > limit && last !== undefined ? { items: shown, next: keyOf(last) } : { items: shown };
}
