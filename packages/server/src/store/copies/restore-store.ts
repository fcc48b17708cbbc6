import { copyFileSync, constants, existsSync, renameSync, rmSync } from "node:fs";
import type { DeviceKey } from "@heliograph/protocol";
import { asError, type OperationId, type Random } from "../../ports/index.ts";
import { endOperation } from "../changes/call.ts";
import { storeAudit } from "../changes/journal.ts";
import type { Database } from "../database.ts";
import { openWriter } from "../open-writer.ts";
import { choice, integer, text } from "../row.ts";
import { keep } from "./back-up-store.ts";
import { CopyError } from "./copy-error.ts";
import { examineStore, type StoreContents } from "./examine-store.ts";

export interface Restoring {
  /** The copy. */
  readonly from: string;
  /** Where the store is to be; nobody works on it. */
  readonly path: string;
  readonly at: number;
  readonly random: Pick<Random, "hex">;
}

export interface Restored extends StoreContents {
  /** Operations that may have run since the copy was made, and are not run again. */
  readonly unknown: number;
  /** Where the store is that was there before; undefined where there was none. */
  readonly setAside: string | undefined;
}

/**
 * Readers resume by ids, and those that were given after the copy was made must not be given again. Not more: so many events
 * fewer are kept from before.
 */
const SKIPPED_IDS = 1_000_000;
const EPOCH_BYTES = 8;
const BUSY_TIMEOUT_MS = 5_000;
const UNKNOWN = "the store was restored from a copy, which does not say whether this has run since";

/**
 * Puts a copy in the store's place, and whatever was there aside. The copy says what was so when it was made, and not what
 * happened since: so channels get new epochs, ids go on far behind those that were given, and what must not run twice ends as
 * of unknown outcome. Throws {@link CopyError}; then the store is as it was.
 */
export function restoreStore({ from, path, at, random }: Restoring): Restored {
  const contents = examineStore(from);
  const draft = `${path}.draft`;
  removeDatabase(draft);
  try {
    copyFileSync(from, draft, constants.COPYFILE_EXCL);
    const unknown = bringAbout(draft, { at, random });
    const setAside = existsSync(path) ? putAside(path, at) : undefined;
    keep(draft, path);
    return { ...contents, unknown, setAside };
  } catch (cause) {
    removeDatabase(draft);
    if (cause instanceof CopyError) throw cause;
    throw new CopyError(`the copy cannot be restored: ${asError(cause).message}`, { cause });
  }
}

/** Makes the copy's schema today's, and of what it says what can be said now. */
function bringAbout(path: string, { at, random }: Pick<Restoring, "at" | "random">): number {
  const db = openWriter({ path, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    db.execute("BEGIN IMMEDIATE");
    skipIds(db);
    renewChannels(db, random);
    const unknown = endOpenWork(db, at);
    storeAudit(db, { at, manager: "restore-store", action: "restore-store", detail: { unknown } });
    db.execute("COMMIT");
    // One file, without a log beside it.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    return unknown;
  } finally {
    db.close();
  }
}

/** What only reads may run once more. A transfer that goes on is still settled by what its device says of it. */
function endOpenWork(db: Database, at: number): number {
  const rows = db.all(
    `SELECT id, device, state, generation FROM operations JOIN devices ON devices.key = device
     WHERE ended_at IS NULL AND reads = 0 AND state IN ('queued', 'running') ORDER BY sequence`,
  );
  for (const row of rows) {
    const state = "outcome-unknown";
    const operation = text(row, "id") as OperationId;
    const device = text(row, "device") as DeviceKey;
    endOperation(db, {
      operation,
      from: choice(row, "state", ["queued", "running"] as const),
      generation: integer(row, "generation"),
      end: { state, at, reason: UNKNOWN },
      events: [{ at, device, name: "operation", operation, data: { state } }],
    });
  }
  return rows.length;
}

function renewChannels(db: Database, random: Restoring["random"]): void {
  for (const row of db.all("SELECT name FROM channels")) {
    const values = { name: text(row, "name"), epoch: random.hex(EPOCH_BYTES) };
    db.run("UPDATE channels SET epoch = :epoch WHERE name = :name", values);
  }
}

function skipIds(db: Database): void {
  db.run(
    `INSERT INTO sqlite_sequence (name, seq)
     SELECT name, 0 FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'
       AND name NOT IN (SELECT name FROM sqlite_sequence)`,
  );
  db.run("UPDATE sqlite_sequence SET seq = seq + :skipped", { skipped: SKIPPED_IDS });
}

/** Under a name that says when; with its log, without which it is not whole. */
function putAside(path: string, at: number): string {
  const aside = `${path}.until-${new Date(at).toISOString().replaceAll(":", "-")}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  }
  return aside;
}

function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
}
