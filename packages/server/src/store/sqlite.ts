import type { DeviceKey } from "@heliograph/protocol";
import type { ChangeOf, ChangeType, Log, Store } from "../ports/index.ts";
import type { Database } from "./database.ts";
import { findLogin } from "./device-rows.ts";
import { readDocument } from "./document.ts";
import { errorOf, failureOf } from "./failure.ts";
import { KnownLogins } from "./known-logins.ts";
import type { Measured } from "./measured-commit.ts";
import type { AnswerOf, AskOf, QueryType } from "./queries.ts";
import { RecordStore, type Committed, type RecordStoreOptions } from "./record-store.ts";
import type { StoreFigures } from "./store-figures.ts";
import { SqliteConnection } from "./sqlite-database.ts";
import type { SqliteSettings } from "./sqlite-worker-messages.ts";
import { SqliteWriter } from "./sqlite-writer.ts";
import type { AskedChange } from "./written-change.ts";

export interface SqliteStoreOptions extends Measured {
  /** The database file; two more lie beside it while the store is open. */
  readonly path: string;
  /** Changes that may wait for their commit, and questions that may wait for their answer, at once. */
  readonly maxWaiting?: number;
  /** The most the database file may hold; left out: what the disk takes. */
  readonly maxBytes?: number;
  /**
   * Where it commits: in a thread of its `own`, so that no turn of the caller's waits for the disk, or in the `caller`'s, for a
   * store that lives for a moment only, whose thread would cost more than all that it does.
   */
  readonly thread?: "own" | "caller";
  /** Is told when the disk takes no changes, and when it does again. */
  readonly log?: Log;
}

/** The embedded store: one file, one process. */
export interface SqliteStore extends Store {
  /** What the writer's connection runs with, read from SQLite itself. */
  settings(): Promise<SqliteSettings>;
  readonly figures: StoreFigures;
}

const MAX_WAITING = 10_000;
const BUSY_TIMEOUT_MS = 5_000;

/** Opens the store, makes the file and brings its schema up to date. Rejects with {@link StoreFailedError}. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, maxWaiting = MAX_WAITING, maxBytes, thread = "own" } = options;
  const settings = { path, busyTimeoutMs: BUSY_TIMEOUT_MS, ...(maxBytes === undefined ? {} : { maxBytes }) };
  const bounds = { maxOpen: maxWaiting };
  const writer =
    thread === "own" ? await SqliteWriter.start(settings, bounds) : SqliteWriter.startHere(settings, bounds);
  try {
    const reader = new SqliteConnection(path, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
    return new Sqlite({ ...options, writer, reader, maxWaiting });
  } catch (error) {
    await writer.close();
    throw errorOf(failureOf(error));
  }
}

interface SqliteParts extends RecordStoreOptions {
  readonly writer: SqliteWriter;
  readonly reader: SqliteConnection;
}

class Sqlite extends RecordStore implements SqliteStore {
  readonly #writer: SqliteWriter;
  /**
   * Reads what its key names. The rest is the writer's, so that no turn of this thread waits for it; parameters are read
   * here because to read them, however many, takes hardly longer than to parse the writer's answer would.
   */
  readonly #reader: SqliteConnection;
  readonly #logins = new KnownLogins();

  constructor(parts: SqliteParts) {
    super(parts);
    this.#writer = parts.writer;
    this.#reader = parts.reader;
  }

  async settings() {
    this.assertOpen();
    return this.#writer.settings();
  }

  override async login(key: DeviceKey) {
    return this.#ask(() => this.#logins.of(key, () => findLogin(this.#reader, key)));
  }

  protected override changed<T extends ChangeType>(type: T, change: ChangeOf<T>): void {
    this.#logins.changed(type, change);
  }

  protected override commitBatch(changes: readonly AskedChange[]): Promise<Committed> {
    return this.#writer.commit(changes);
  }

  protected override async readRow<T>(read: (db: Database) => T): Promise<T> {
    return this.#ask(() => read(this.#reader));
  }

  protected override async read<T>(read: (db: Database) => T): Promise<T> {
    return this.#ask(() => this.#reader.inSnapshot(() => read(this.#reader)));
  }

  protected override async query<T extends QueryType>(type: T, ask: AskOf<T>): Promise<AnswerOf<T>> {
    this.assertOpen();
    return readDocument(await this.#writer.query(type, ask));
  }

  protected override async release(): Promise<void> {
    this.#reader.close();
    await this.#writer.close();
  }

  #ask<T>(ask: () => T): T {
    this.assertOpen();
    try {
      return ask();
    } catch (error) {
      throw errorOf(failureOf(error));
    }
  }
}
