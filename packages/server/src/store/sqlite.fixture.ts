import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { OpenStore, StoreUnderTest } from "../ports/store-suite/store.fixture.ts";
import { StoreClosedError } from "../ports/index.ts";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite.ts";

export interface TemporaryStore extends StoreUnderTest {
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
    async remove() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

/**
 * Fresh stores for many tests, one after another. To open one takes a thread that loads all its code, to empty one takes
 * a commit: so a store that its test left open is emptied and used again.
 */
export class StorePool {
  #idle: TemporaryStore | undefined;

  readonly open: OpenStore = async (options) => {
    const opened = options === undefined ? await this.#take() : await openTemporaryStore(options);
    return {
      store: opened.store,
      reopen: () => opened.reopen(),
      remove: () => (options === undefined ? this.#giveBack(opened) : opened.remove()),
    };
  };

  async close(): Promise<void> {
    await this.#idle?.remove();
  }

  async #take(): Promise<TemporaryStore> {
    const idle = this.#idle;
    this.#idle = undefined;
    return idle ?? openTemporaryStore();
  }

  async #giveBack(opened: TemporaryStore): Promise<void> {
    if (await isClosed(opened.store)) {
      await opened.remove();
      return;
    }
    empty(opened.path);
    this.#idle = opened;
  }
}

async function isClosed(store: SqliteStore): Promise<boolean> {
  try {
    await store.lastEventId();
    return false;
  } catch (error) {
    if (error instanceof StoreClosedError) return true;
    throw error;
  }
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
