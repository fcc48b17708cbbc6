import { asError } from "../../ports/index.ts";
import { migrations, schemaVersion } from "../migrations/migrate.ts";
import { text } from "../row.ts";
import { SqliteConnection } from "../sqlite-database.ts";
import { CopyError } from "./copy-error.ts";
import { countTables, type TableCounts } from "./table-counts.ts";

/** What is in a store that is a file. */
export interface StoreContents {
  /** Of its schema. */
  readonly version: number;
  readonly rows: TableCounts;
}

const BUSY_TIMEOUT_MS = 5_000;

/** Reads a store from its first page to its last. Throws {@link CopyError} where it is damaged, or no store of ours. */
export function examineStore(path: string): StoreContents {
  using db = openToRead(path);
  const found = attempt(path, () => db.connection.all("PRAGMA integrity_check"));
  const [first] = found.map((row) => text(row, "integrity_check"));
  if (first !== "ok") throw new CopyError(`${path} is damaged: ${first ?? "it says nothing of itself"}`);
  const lost = db.connection.all("PRAGMA foreign_key_check");
  if (lost.length > 0)
    throw new CopyError(`${path} is damaged: ${lost.length} rows belong to rows that are not there`);
  const version = attempt(path, () => schemaVersion(db.connection));
  if (version === 0) throw new CopyError(`${path} is a database, and no store of Heliograph`);
  const latest = migrations.at(-1)?.version ?? 0;
  if (version > latest) {
    throw new CopyError(
      `${path} is at schema version ${version}, this program knows ${latest} at most: use a later one`,
    );
  }
  return { version, rows: countTables(db.connection) };
}

/** The store is not changed, and whoever writes into it is not held up. */
export function openToRead(path: string): Disposable & { readonly connection: SqliteConnection } {
  const connection = attempt(
    path,
    () => new SqliteConnection(path, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS }),
  );
  return {
    connection,
    [Symbol.dispose]() {
      connection.close();
    },
  };
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CopyError(`${path} cannot be read as a store: ${asError(cause).message}`, { cause });
  }
}
