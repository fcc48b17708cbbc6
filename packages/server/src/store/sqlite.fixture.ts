import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
import type { EmptiableStore } from "./store-pool.fixture.ts";

export interface TemporaryStore extends EmptiableStore {
  readonly store: SqliteStore;
  readonly path: string;
}

/** A store in a directory of its own. */
export async function openTemporaryStore(
  options: Omit<SqliteStoreOptions, "path"> = {},
): Promise<TemporaryStore> {
  const directory = await mkdtemp(join(tmpdir(), "heliograph-store-"));
  const path = join(directory, "store.db");
  let store = await openSqliteStore({ path, ...options });
  return {
    store,
    path,
    async reopen() {
      await store.close();
      store = await openSqliteStore({ path, ...options });
      return store;
    },
    async empty() {
      empty(path);
      // Behind its back: it must not go by what it knows of devices.
      await store.commit("close-stale-connections", { at: 0 });
    },
    async remove() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Leaves the tables as the migrations made them. */
function empty(path: string): void {
  const db = new DatabaseSync(path, { timeout: 1_000 });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const filled = tables.map(({ name }) => String(name)).filter((name) => !KEPT.has(name));
    const deletions = filled.map((name) => `DELETE FROM ${name};`).join("");
    db.exec(`BEGIN IMMEDIATE; ${deletions} UPDATE relay SET position = 0; COMMIT`);
  } finally {
    db.close();
  }
}

const KEPT = new Set(["migrations", "relay", "sqlite_stat1"]);
