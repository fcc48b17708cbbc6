import { closeSync, openSync } from "node:fs";
import { integer, text, type Row } from "./row.ts";
import { migrate } from "./migrations/migrate.ts";
import { SqliteConnection } from "./sqlite-database.ts";
import type { SqliteSettings, WorkerSettings } from "./sqlite-worker-messages.ts";

/** After a burst the write-ahead log is cut back to this. */
const JOURNAL_BYTES = 64 * 1024 * 1024;
/** A device's parameters tell much of who lives with it; SQLite gives the log beside the file the same permissions. */
const ONLY_US = 0o600;
const CACHE_KIB = 64 * 1024;

/** The one connection that writes. Every commit is synced before it returns (WAL, synchronous FULL). */
export function openWriter({ path, busyTimeoutMs, maxBytes }: WorkerSettings): SqliteConnection {
  closeSync(openSync(path, "a", ONLY_US));
  const db = new SqliteConnection(path, { readOnly: false, busyTimeoutMs });
  try {
    db.execute("PRAGMA journal_mode = WAL");
    db.execute("PRAGMA synchronous = FULL");
    db.execute("PRAGMA foreign_keys = ON");
    db.execute(`PRAGMA journal_size_limit = ${JOURNAL_BYTES}`);
    db.execute(`PRAGMA cache_size = -${CACHE_KIB}`);
    migrate(db);
    if (maxBytes !== undefined) limitSize(db, maxBytes);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function settingsOf(db: SqliteConnection): SqliteSettings {
  return {
    journalMode: text(pragma(db, "journal_mode"), "journal_mode"),
    synchronous: integer(pragma(db, "synchronous"), "synchronous"),
    foreignKeys: integer(pragma(db, "foreign_keys"), "foreign_keys") === 1,
    busyTimeoutMs: integer(pragma(db, "busy_timeout"), "timeout"),
    version: text(db.get("SELECT sqlite_version() AS version") ?? {}, "version"),
  };
}

function limitSize(db: SqliteConnection, maxBytes: number): void {
  const pages = Math.floor(maxBytes / integer(pragma(db, "page_size"), "page_size"));
  db.execute(`PRAGMA max_page_count = ${pages}`);
}

function pragma(db: SqliteConnection, name: string): Row {
  return db.get(`PRAGMA ${name}`) ?? {};
}
