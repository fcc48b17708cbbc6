import { integer } from "../row.ts";
import type { SqliteConnection } from "../sqlite-database.ts";
import { initial } from "./0001-initial.ts";
import { lightTransport } from "./0002-light-transport.ts";
import { quirks } from "./0003-quirks.ts";
import { claims } from "./0004-claims.ts";
import { refreshes } from "./0005-refreshes.ts";
import { transfers } from "./0006-transfers.ts";
import { backups } from "./0007-backups.ts";
import { groups } from "./0008-groups.ts";
import { grants } from "./0009-grants.ts";
import { channels } from "./0010-channels.ts";
import { policies } from "./0011-policies.ts";
import { campaigns } from "./0012-campaigns.ts";
import { webhooks } from "./0013-webhooks.ts";
import { leases } from "./0014-leases.ts";
import { engines } from "./0015-engines.ts";
import { ownPolicies } from "./0016-policies.ts";
import { identity } from "./0017-identity.ts";
import { files } from "./0018-files.ts";
import type { Migration } from "./migration.ts";

/** In order of version, without gaps; forward only. */
export const migrations: readonly Migration[] = [
  initial,
  lightTransport,
  quirks,
  claims,
  refreshes,
  transfers,
  backups,
  groups,
  grants,
  channels,
  policies,
  campaigns,
  webhooks,
  leases,
  engines,
  ownPolicies,
  identity,
  files,
];

/**
 * Brings the schema up to date in one transaction. Of several processes that start at once the first one does it, while
 * the others wait for the write lock and then find it done. Throws where a later program made the schema.
 */
export function migrate(db: SqliteConnection, steps: readonly Migration[] = migrations): void {
  db.execute("BEGIN IMMEDIATE");
  try {
    db.execute(
      "CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    );
    const version = schemaVersion(db);
    const latest = steps.at(-1)?.version ?? 0;
    if (version > latest) {
      throw new Error(`the store is at schema version ${version}, this program knows ${latest} at most`);
    }
    for (const step of steps.filter((each) => each.version > version)) {
      db.execute(step.sql);
      db.run("INSERT INTO migrations (version, name) VALUES (:version, :name)", {
        version: step.version,
        name: step.name,
      });
    }
    db.execute("COMMIT");
  } catch (error) {
    if (db.isInTransaction) db.execute("ROLLBACK");
    throw error;
  }
}

/** 0 before its first migration. Throws where it is no store. */
export function schemaVersion(db: SqliteConnection): number {
  const row = db.get("SELECT coalesce(max(version), 0) AS version FROM migrations");
  return row === undefined ? 0 : integer(row, "version");
}
