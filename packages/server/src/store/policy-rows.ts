import type { DeviceKey } from "@heliograph/protocol";
import {
  complianceStates,
  OWN_POLICY,
  type Compliance,
  type ComplianceCounts,
  type ComplianceQuery,
  type ComplianceState,
  type ComplianceWorkQuery,
  type GroupName,
  type Page,
  type PolicyContent,
  type PolicyDevicesQuery,
  type PolicyJoiner,
  type PolicyName,
  type PolicyRecord,
  type PolicyVersion,
  type Rollout,
  type RolloutRules,
} from "../ports/index.ts";
import { listed, type Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { choice, integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";

/** What a compliance row keeps as one document: nobody asks for rows by it. */
export type ComplianceDetail = Pick<Compliance, "faults" | "drifted" | "operation">;

export function findPolicies(db: Database): readonly PolicyRecord[] {
  return db.all("SELECT * FROM policies WHERE removed = 0 ORDER BY name").map(policyOf);
}

export function findPolicy(db: Database, name: PolicyName): PolicyRecord | undefined {
  const row = db.get("SELECT * FROM policies WHERE name = :name AND removed = 0", { name });
  return row === undefined ? undefined : policyOf(row);
}

export function findPolicyVersions(db: Database, policy: PolicyName): readonly PolicyVersion[] {
  const rows = db.all("SELECT * FROM policy_versions WHERE policy = :policy ORDER BY version DESC", {
    policy,
  });
  return rows.map(versionOf);
}

export function findPolicyVersion(
  db: Database,
  policy: PolicyName,
  version: number,
): PolicyVersion | undefined {
  const row = db.get("SELECT * FROM policy_versions WHERE policy = :policy AND version = :version", {
    policy,
    version,
  });
  return row === undefined ? undefined : versionOf(row);
}

/** What one device alone is to hold. */
export function findConfiguration(db: Database, device: DeviceKey): PolicyVersion | undefined {
  const row = db.get(
    `SELECT policy_versions.* FROM compliance JOIN policy_versions
       ON policy_versions.policy = compliance.policy AND policy_versions.version = compliance.version
     WHERE compliance.policy = :policy AND compliance.device = :device`,
    { policy: OWN_POLICY, device },
  );
  return row === undefined ? undefined : versionOf(row);
}

export function findConfigurations(db: Database, device: DeviceKey): readonly PolicyVersion[] {
  return db
    .all("SELECT * FROM policy_versions WHERE device = :device ORDER BY version DESC", { device })
    .map(versionOf);
}

/** Whether any device is to hold anything. */
export function isAnythingHeld(db: Database): boolean {
  return db.get("SELECT 1 FROM compliance LIMIT 1") !== undefined;
}

export function findCompliance(db: Database, query: ComplianceQuery): Page<Compliance> {
  const { policy, state, after = "", limit } = query;
  const values = { policy, after, limit: limit + 1, ...(state === undefined ? {} : { state }) };
  const rows = db.all(
    `SELECT * FROM compliance WHERE policy = :policy AND device > :after
       ${state === undefined ? "" : "AND state = :state"} ORDER BY device LIMIT :limit`,
    values,
  );
  const items = rows.slice(0, limit).map(complianceOf);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: last.device } : { items };
}

export function findComplianceOf(db: Database, device: DeviceKey): readonly Compliance[] {
  return db
    .all("SELECT * FROM compliance WHERE device = :device ORDER BY policy", { device })
    .map(complianceOf);
}

export function findComplianceAmong(db: Database, devices: readonly DeviceKey[]): readonly Compliance[] {
  if (devices.length === 0) return [];
  const { names, values } = listed("device", devices);
  return db
    .all(`SELECT * FROM compliance WHERE device IN (${names}) ORDER BY device, policy`, values)
    .map(complianceOf);
}

export function findComplianceRow(
  db: Database,
  policy: PolicyName,
  device: DeviceKey,
): Compliance | undefined {
  const row = db.get("SELECT * FROM compliance WHERE policy = :policy AND device = :device", {
    policy,
    device,
  });
  return row === undefined ? undefined : complianceOf(row);
}

export function findComplianceWork(db: Database, query: ComplianceWorkQuery): readonly Compliance[] {
  const { states, after, limit } = query;
  const { names, values } = listed("state", states);
  const rows = db.all(
    `SELECT * FROM compliance WHERE state IN (${names})
       AND (device > :device OR (device = :device AND policy > :policy))
     ORDER BY device, policy LIMIT :limit`,
    { ...values, device: after?.device ?? "", policy: after?.policy ?? "", limit },
  );
  return rows.map(complianceOf);
}

export function countCompliance(db: Database, policy: PolicyName): ComplianceCounts {
  const rows = db.all(
    `SELECT compliance.state AS state, count(*) AS devices, compliance.version = policies.version AS newest
     FROM compliance JOIN policies ON name = policy WHERE policy = :policy
     GROUP BY compliance.state, compliance.version = policies.version`,
    { policy },
  );
  const members = db.get(
    "SELECT members FROM policies JOIN device_groups ON device_groups.name = group_name WHERE policies.name = :policy",
    { policy },
  );
  const newest = rows.filter(({ newest }) => Boolean(newest));
  return {
    states: countsOf(newest),
    older: sumOf(rows) - sumOf(newest),
    members: members === undefined ? 0 : integer(members, "members"),
  };
}

export function findPolicyJoiners(db: Database, query: PolicyDevicesQuery): readonly PolicyJoiner[] {
  const { policy, after = "", limit } = query;
  const rows = db.all(
    `SELECT group_members.device AS device, compliance.version AS version, compliance.state AS state FROM policies
       JOIN group_members ON group_members.group_name = policies.group_name
       LEFT JOIN compliance ON compliance.policy = policies.name AND compliance.device = group_members.device
     WHERE policies.name = :policy AND group_members.device > :after
       AND (compliance.version IS NULL OR compliance.version < policies.version)
     ORDER BY group_members.device LIMIT :limit`,
    { policy, after, limit },
  );
  return rows.map((row) =>
    present({
      device: text(row, "device") as DeviceKey,
      version: optionalInteger(row, "version"),
      state: optionalText(row, "state") === undefined ? undefined : choice(row, "state", complianceStates),
    }),
  );
}

/** Where the group itself is gone, nobody has left it. */
export function findPolicyLeavers(db: Database, query: PolicyDevicesQuery): readonly DeviceKey[] {
  const { policy, after = "", limit } = query;
  return devicesOf(
    db.all(
      `SELECT compliance.device AS device FROM compliance
         JOIN policies ON policies.name = compliance.policy
         JOIN device_groups ON device_groups.name = policies.group_name
       WHERE compliance.policy = :policy AND compliance.device > :after AND NOT EXISTS (
         SELECT 1 FROM group_members
         WHERE group_members.group_name = policies.group_name AND group_members.device = compliance.device)
       ORDER BY compliance.device LIMIT :limit`,
      { policy, after, limit },
    ),
  );
}

function policyOf(row: Row): PolicyRecord {
  const rollout = optionalText(row, "rollout");
  return present({
    name: text(row, "name") as PolicyName,
    description: text(row, "description"),
    group: text(row, "group_name") as GroupName,
    draft: readDocument(text(row, "draft") as Document<PolicyContent>),
    rules: readDocument(text(row, "rules") as Document<RolloutRules>),
    version: integer(row, "version"),
    rollout: rollout === undefined ? undefined : readDocument(rollout as Document<Rollout>),
    createdAt: integer(row, "created_at"),
    changedAt: integer(row, "changed_at"),
  });
}

function versionOf(row: Row): PolicyVersion {
  return present({
    policy: text(row, "policy") as PolicyName,
    version: integer(row, "version"),
    content: readDocument(text(row, "content") as Document<PolicyContent>),
    publishedAt: integer(row, "published_at"),
    by: text(row, "publisher"),
    rollsBackTo: optionalInteger(row, "rolls_back_to"),
  });
}

function complianceOf(row: Row): Compliance {
  return present({
    policy: text(row, "policy") as PolicyName,
    device: text(row, "device") as DeviceKey,
    version: integer(row, "version"),
    applied: optionalInteger(row, "applied"),
    state: choice(row, "state", complianceStates),
    at: integer(row, "at"),
    ...readDocument(text(row, "detail") as Document<ComplianceDetail>),
    mended: readDocument(text(row, "mended") as Document<readonly number[]>),
  });
}

function countsOf(rows: readonly Row[]): Record<ComplianceState, number> {
  const counts: Record<ComplianceState, number> = {
    pending: 0,
    applied: 0,
    faulted: 0,
    drifted: 0,
    fighting: 0,
    "not-applicable": 0,
  };
  for (const row of rows) counts[choice(row, "state", complianceStates)] = integer(row, "devices");
  return counts;
}

function sumOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + integer(row, "devices"), 0);
}

function devicesOf(rows: readonly Row[]): readonly DeviceKey[] {
  return rows.map((row) => text(row, "device") as DeviceKey);
}
