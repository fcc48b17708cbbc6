import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from "./postgres.ts";
import type { PostgresAddress } from "./postgres/connections.ts";
import type { EmptiableStore } from "./store-pool.fixture.ts";

/** What a test needs of a database that is its own: SQL beside the store, and an end. */
export interface OwnDatabase {
  readonly address: PostgresAddress;
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  remove(): Promise<void>;
}

export interface TemporaryPostgresStore extends EmptiableStore {
  readonly store: PostgresStore;
  readonly database: OwnDatabase;
}

/** A store in a database of its own. */
export async function openPostgresIn(
  database: OwnDatabase,
  options: Omit<PostgresStoreOptions, "address"> = {},
): Promise<TemporaryPostgresStore> {
  const { address } = database;
  let store = await openPostgresStore({ address, ...options });
  return {
    store,
    database,
    async reopen() {
      await store.close();
      store = await openPostgresStore({ address, ...options });
      return store;
    },
    empty: () => empty(database),
    async remove() {
      await store.close();
      await database.remove();
    },
  };
}

const FILLED = `
SELECT tablename AS name FROM pg_tables
WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'relay')`;

async function empty(database: OwnDatabase): Promise<void> {
  const tables = await database.query(FILLED);
  const deletions = tables.map(({ name }) => `DELETE FROM ${String(name)};`).join("");
  await database.query(`BEGIN; ${deletions} UPDATE relay SET position = 0; COMMIT`);
}
