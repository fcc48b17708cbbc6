import {
  channelOfPolicy,
  MAX_POLICIES,
  OWN_POLICY,
  policyChannelRules,
  publicationOf,
  type ChannelName,
  type Held,
  type MoveRollout,
  type PolicyContent,
  type PolicyName,
  type PolicyRecord,
  type PolicyVersion,
  type PublishPolicy,
  type PublishPolicyResult,
  type RemovePolicy,
  type Rollout,
  type SetPolicy,
  type SetPolicyResult,
} from "../../ports/index.ts";
import { findChannel } from "../channel-rows.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import { findGroup } from "../groups/group-rows.ts";
import { findPolicy, findPolicyVersion } from "../policy-rows.ts";
import { integer } from "../row.ts";
import { publish } from "./channels.ts";
import { hasAudit, storeAudit } from "./journal.ts";
import { insertChannel } from "./publications.ts";

export function setPolicy(db: Database, change: SetPolicy): SetPolicyResult {
  const { name, description, group, draft, rules, at, audit } = change;
  const known = findPolicy(db, name);
  const reason = whyNot(db, change, known);
  if (reason !== undefined) return { type: "refused", reason };
  db.write(
    `INSERT INTO policies (name, description, group_name, draft, rules, created_at, changed_at)
     VALUES (:name, :description, :group, :draft, :rules, :at, :at)
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, group_name = excluded.group_name,
       draft = excluded.draft, rules = excluded.rules, changed_at = excluded.changed_at, removed = 0`,
    { name, description, group, draft: writeDocument(draft), rules: writeDocument(rules), at },
  );
  storeAudit(db, audit);
  return { type: known === undefined ? "made" : "changed", policy: thePolicy(db, name) };
}

/** Its row stays: versions go on rising where somebody makes a policy of its name again. */
export function removePolicy(db: Database, { name, at, epoch, audit }: RemovePolicy): Held {
  const policy = findPolicy(db, name);
  if (policy === undefined) return { held: hasAudit(db, audit) };
  const version = policy.version + 1;
  if (policy.version > 0) {
    const channel = emptyChannel(db, name, { epoch, at });
    db.write(
      `INSERT INTO channel_members (channel, device, since)
       SELECT CAST(:channel AS TEXT), device, CAST(:at AS BIGINT) FROM compliance WHERE policy = :name`,
      { channel, name, at },
    );
    const data = { Policy: name, Version: version, Withdrawn: true };
    publish(db, { channel, id: `${version}`, at, by: audit.manager, data, epoch });
  }
  db.write("DELETE FROM compliance WHERE policy = :name", { name });
  db.write("UPDATE policies SET removed = 1, rollout = NULL, version = :version WHERE name = :name", {
    name,
    version,
  });
  storeAudit(db, audit);
  return { held: true };
}

export function publishPolicy(db: Database, change: PublishPolicy): PublishPolicyResult {
  const { name, at, rollsBackTo, audit } = change;
  const policy = findPolicy(db, name);
  if (policy === undefined) return { type: "refused", reason: "unknown-policy" };
  if (hasAudit(db, audit)) return asPublished(db, policy);
  const content = contentOf(db, policy, rollsBackTo);
  if (content === undefined) return { type: "refused", reason: "unknown-version" };
  const version = policy.version + 1;
  const rollout: Rollout = {
    version,
    state: "running",
    wave: 0,
    since: at,
    ...(rollsBackTo === undefined ? {} : { atOnce: true }),
  };
  insertVersion(db, { ...change, version, content });
  db.write("UPDATE policies SET version = :version, rollout = :rollout WHERE name = :name", {
    name,
    version,
    rollout: writeDocument(rollout),
  });
  tellMembers(db, change, { version, content });
  storeAudit(db, audit);
  return asPublished(db, thePolicy(db, name));
}

export function moveRollout(db: Database, { policy, from, to, audit }: MoveRollout): Held {
  const known = findPolicy(db, policy)?.rollout;
  if (known === undefined) return { held: false };
  if (isSame(known, to)) return { held: true };
  if (!isSame(known, from)) return { held: false };
  db.write("UPDATE policies SET rollout = :rollout WHERE name = :policy", {
    policy,
    rollout: writeDocument(to),
  });
  if (audit !== undefined) storeAudit(db, audit);
  return { held: true };
}

function whyNot(
  db: Database,
  { name, group }: SetPolicy,
  known: PolicyRecord | undefined,
): "name-taken" | "unknown-group" | "too-many" | undefined {
  if (findGroup(db, group) === undefined) return "unknown-group";
  if (known !== undefined) return undefined;
  if (name === OWN_POLICY) return "name-taken";
  const was = db.get("SELECT 1 FROM policies WHERE name = :name", { name });
  const isTaken = db.get("SELECT 1 FROM device_groups WHERE name = :name", { name }) !== undefined;
  if (isTaken || (was === undefined && findChannel(db, channelOfPolicy(name)) !== undefined))
    return "name-taken";
  const row = db.get("SELECT count(*) AS policies FROM policies WHERE removed = 0");
  return row !== undefined && integer(row, "policies") >= MAX_POLICIES ? "too-many" : undefined;
}

function contentOf(
  db: Database,
  { name, draft }: PolicyRecord,
  rollsBackTo: number | undefined,
): PolicyContent | undefined {
  return rollsBackTo === undefined ? draft : findPolicyVersion(db, name, rollsBackTo)?.content;
}

interface Version {
  readonly version: number;
  readonly content: PolicyContent;
}

function insertVersion(
  db: Database,
  { name, version, content, at, by, rollsBackTo }: PublishPolicy & Version,
): void {
  db.write(
    `INSERT INTO policy_versions (policy, version, content, published_at, publisher, rolls_back_to)
     VALUES (:name, :version, :content, :at, :by, :rollsBackTo)`,
    { name, version, content: writeDocument(content), at, by, rollsBackTo: rollsBackTo ?? null },
  );
}

/** A file comes by a Download, whatever the device's transport, and is not published. */
function tellMembers(
  db: Database,
  { name, epoch, at, by }: PublishPolicy,
  { version, content }: Version,
): void {
  if (content.file !== undefined) return;
  const channel = emptyChannel(db, name, { epoch, at });
  const data = { ...publicationOf(name, version, content) };
  publish(db, { channel, id: `${version}`, at, by, data, epoch });
}

/**
 * The policy's channel, of which nobody is a member. It is in another epoch than before: whoever is connected as a member
 * is not told what comes before the store says that it is one again.
 */
function emptyChannel(
  db: Database,
  policy: PolicyName,
  { epoch, at }: Pick<PublishPolicy, "epoch" | "at">,
): ChannelName {
  const name = channelOfPolicy(policy);
  if (findChannel(db, name) === undefined) {
    insertChannel(db, { name, rules: policyChannelRules.common, epoch, at });
    return name;
  }
  db.write("UPDATE channels SET epoch = :epoch, rules = :rules WHERE name = :name", {
    name,
    epoch,
    rules: writeDocument(policyChannelRules.common),
  });
  db.write("DELETE FROM channel_members WHERE channel = :name", { name });
  return name;
}

function isSame(one: Rollout, other: Rollout): boolean {
  return writeDocument(one) === writeDocument(other);
}

function asPublished(db: Database, { name, version, rollout }: PolicyRecord): PublishPolicyResult {
  const published: PolicyVersion | undefined = findPolicyVersion(db, name, version);
  if (published === undefined || rollout === undefined) return { type: "refused", reason: "unknown-version" };
  return { type: "published", version: published, rollout };
}

function thePolicy(db: Database, name: PolicyName): PolicyRecord {
  const policy = findPolicy(db, name);
  if (policy === undefined) throw new Error(`the policy ${name} has gone`);
  return policy;
}
