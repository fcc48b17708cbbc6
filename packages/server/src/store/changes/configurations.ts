import {
  OWN_POLICY,
  publicationOf,
  type Held,
  type PolicyVersion,
  type RemoveConfiguration,
  type SetConfiguration,
  type SetConfigurationResult,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { findConfiguration } from "../policy-rows.ts";
import { integer } from "../row.ts";
import { hasAudit, storeAudit } from "./journal.ts";
import { tellOne } from "./policy-members.ts";

/** Of one device; older ones are forgotten. */
const MOST_VERSIONS = 20;

export function setConfiguration(db: Database, change: SetConfiguration): SetConfigurationResult {
  const { device, content, at, epoch, audit } = change;
  if (findDevice(db, device) === undefined) return { type: "refused", reason: "unknown-device" };
  if (hasAudit(db, audit)) return asSet(findConfiguration(db, device));
  const version = nextVersion(db, at);
  db.write(
    `INSERT INTO policy_versions (policy, version, content, published_at, publisher, device)
     VALUES (:policy, :version, :content, :at, :by, :device)`,
    { policy: OWN_POLICY, version, content: writeDocument(content), at, by: audit.manager, device },
  );
  db.write(
    `INSERT INTO compliance (policy, device, version, state, at, detail, mended)
     VALUES (:policy, :device, :version, 'pending', :at, '{}', '[]')
     ON CONFLICT (policy, device) DO UPDATE SET version = excluded.version, state = excluded.state,
       at = excluded.at, detail = excluded.detail, mended = excluded.mended`,
    { policy: OWN_POLICY, device, version, at },
  );
  forgetOlder(db, change);
  tellOne(db, { device, epoch, at, data: { ...publicationOf(OWN_POLICY, version, content) } });
  storeAudit(db, audit);
  return asSet(findConfiguration(db, device));
}

/** A device that was told of it is told that it is withdrawn: values stay, and what other policies say of them applies. */
export function removeConfiguration(db: Database, change: RemoveConfiguration): Held {
  const { device, at, epoch, audit } = change;
  const values = { policy: OWN_POLICY, device };
  if (db.run("DELETE FROM compliance WHERE policy = :policy AND device = :device", values) === 0) {
    return { held: hasAudit(db, audit) };
  }
  tellOne(db, {
    ...{ device, epoch, at },
    data: { Policy: OWN_POLICY, Version: nextVersion(db, at), Withdrawn: true },
  });
  storeAudit(db, audit);
  return { held: true };
}

/**
 * Counted for all devices, in a row that stands for no policy of a group: a device whose record was removed may still know of
 * an earlier one, and takes only newer ones.
 */
function nextVersion(db: Database, at: number): number {
  db.write(
    `INSERT INTO policies (name, description, group_name, draft, rules, version, created_at, changed_at, removed)
     VALUES (:name, '', '', '{}', '{}', 1, :at, :at, 1)
     ON CONFLICT (name) DO UPDATE SET version = policies.version + 1`,
    { name: OWN_POLICY, at },
  );
  const row = db.get("SELECT version FROM policies WHERE name = :name", { name: OWN_POLICY });
  if (row === undefined) throw new Error("the policy of single devices has gone");
  return integer(row, "version");
}

function forgetOlder(db: Database, { device }: SetConfiguration): void {
  db.write(
    `DELETE FROM policy_versions WHERE device = :device AND version <= (
       SELECT version FROM policy_versions WHERE device = :device ORDER BY version DESC LIMIT 1 OFFSET :kept)`,
    { device, kept: MOST_VERSIONS },
  );
}

function asSet(version: PolicyVersion | undefined): SetConfigurationResult {
  return version === undefined ? { type: "refused", reason: "removed" } : { type: "set", version };
}
