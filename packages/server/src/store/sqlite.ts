import type { DeviceKey } from "@heliograph/protocol";
import {
  StoreClosedError,
  type ChangeOf,
  type ChangeType,
  type DeviceQuery,
  type EventQuery,
  type Log,
  type OperationId,
  type OperationQuery,
  type ResultOf,
  type Store,
  type Urgency,
} from "../ports/index.ts";
import type { AskedChange, Settled } from "./batch.ts";
import { findApiToken } from "./changes/access.ts";
import { newestEventId } from "./changes/journal.ts";
import { findAllModelQuirks } from "./changes/quirks.ts";
import { relayPosition } from "./changes/upkeep.ts";
import { findCredentials, findDevice, findLogin } from "./device-rows.ts";
import { readDocument, writeDocument, type Document } from "./document.ts";
import { errorOf, failureOf } from "./failure.ts";
import { GroupCommit } from "./group-commit.ts";
import { findOperation } from "./operation-rows.ts";
import { findParameters } from "./parameter-rows.ts";
import type { AnswerOf, AskOf, QueryType } from "./queries.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import type { SqliteSettings } from "./sqlite-worker-messages.ts";
import { SqliteWriter } from "./sqlite-writer.ts";

export interface SqliteStoreOptions {
  /** The database file; two more lie beside it while the store is open. */
  readonly path: string;
  /** Changes that may wait for their commit, and questions that may wait for their answer, at once. */
  readonly maxWaiting?: number;
  /** The most the database file may hold; left out: what the disk takes. */
  readonly maxBytes?: number;
  /** Is told when the disk takes no changes, and when it does again. */
  readonly log?: Log;
}

/** The embedded store: one file, one process. */
export interface SqliteStore extends Store {
  /** What the writer's connection runs with, read from SQLite itself. */
  settings(): Promise<SqliteSettings>;
  readonly figures: StoreFigures;
}

export interface StoreFigures {
  /** Commits made since the store was opened, and the changes in them. */
  readonly commits: number;
  readonly changes: number;
  /** Changes that wait for their commit now. */
  readonly waiting: number;
}

const MAX_WAITING = 10_000;
/** Changes wait as JSON; a large lesson about a device's whole data model takes about a million characters. */
const MAX_WAITING_CHARS = 64 * 1024 * 1024;
/** Enough to make the sync's share of a change small, few enough for a commit to stay short. */
const BATCH = { items: 500, chars: 4 * 1024 * 1024 };
const BUSY_TIMEOUT_MS = 5_000;

/** Opens the store, makes the file and brings its schema up to date. Rejects with {@link StoreFailedError}. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, maxWaiting = MAX_WAITING, maxBytes, log } = options;
  const settings = { path, busyTimeoutMs: BUSY_TIMEOUT_MS, ...(maxBytes === undefined ? {} : { maxBytes }) };
  const writer = await SqliteWriter.start(settings, { maxOpen: maxWaiting });
  try {
    const reader = new SqliteDatabase(path, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
    return new Sqlite({ writer, reader, maxWaiting, ...(log === undefined ? {} : { log }) });
  } catch (error) {
    await writer.close();
    throw errorOf(failureOf(error));
  }
}

interface SqliteParts {
  readonly writer: SqliteWriter;
  readonly reader: SqliteDatabase;
  readonly maxWaiting: number;
  readonly log?: Log;
}

class Sqlite implements SqliteStore {
  readonly #writer: SqliteWriter;
  /**
   * Reads what its key names. The rest is the writer's, so that no turn of this thread waits for it; parameters are read
   * here because to read them, however many, takes hardly longer than to parse the writer's answer would.
   */
  readonly #reader: SqliteDatabase;
  readonly #commits: GroupCommit<AskedChange, Settled>;
  readonly #listeners = new Set<() => void>();
  readonly #log: Log | undefined;
  #refusal: string | undefined;
  #closing: Promise<void> | undefined;
  #counted = { commits: 0, changes: 0 };

  constructor(parts: SqliteParts) {
    this.#writer = parts.writer;
    this.#reader = parts.reader;
    this.#log = parts.log;
    this.#commits = new GroupCommit({
      commit: (changes) => this.#commitBatch(changes),
      charsOf: ({ change }) => change.length,
      batch: BATCH,
      waiting: { items: parts.maxWaiting, chars: MAX_WAITING_CHARS },
    });
  }

  get figures(): StoreFigures {
    return { ...this.#counted, waiting: this.#commits.waiting };
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  async device(key: DeviceKey) {
    return this.#readRow((db) => findDevice(db, key));
  }

  async credentials(key: DeviceKey) {
    return this.#readRow((db) => findCredentials(db, key));
  }

  async login(key: DeviceKey) {
    return this.#readRow((db) => findLogin(db, key));
  }

  async operation(id: OperationId) {
    return this.#read((db) => findOperation(db, id));
  }

  async apiToken(hash: string) {
    return this.#read((db) => findApiToken(db, hash));
  }

  async lastEventId() {
    return this.#read(newestEventId);
  }

  async relayPosition() {
    return this.#read(relayPosition);
  }

  async modelQuirks() {
    return this.#read(findAllModelQuirks);
  }

  async devices(query: DeviceQuery) {
    return this.#query("devices", query);
  }

  async operations(query: OperationQuery) {
    return this.#query("operations", query);
  }

  async openOperations(device: DeviceKey) {
    return this.#query("open-operations", device);
  }

  async devicesWithWork(query: { readonly after?: DeviceKey; readonly limit: number }) {
    return this.#query("devices-with-work", query);
  }

  async transfers(device: DeviceKey) {
    return this.#query("transfers", device);
  }

  async overdueTransfers(query: { readonly now: number; readonly limit: number }) {
    return this.#query("overdue-transfers", query);
  }

  async parameters(device: DeviceKey, path: string) {
    return this.#read((db) => findParameters(db, device, path));
  }

  async events(query: EventQuery) {
    return this.#query("events", query);
  }

  async audit(query: { readonly before?: number; readonly limit: number }) {
    return this.#query("audit", query);
  }

  async apiTokens() {
    return this.#query("api-tokens", null);
  }

  async settings() {
    this.#assertOpen();
    return this.#writer.settings();
  }

  async commit<T extends ChangeType>(type: T, change: ChangeOf<T>, urgency?: Urgency): Promise<ResultOf<T>> {
    this.#assertOpen();
    const settled = await this.#commits.add({ type, change: writeDocument(change) }, urgency);
    if ("failure" in settled) throw errorOf(settled.failure);
    return readDocument(settled.result as Document<ResultOf<T>>);
  }

  onEvents(listener: () => void): { unsubscribe(): void } {
    // A listener that is given twice is told twice.
    const own = (): void => {
      listener();
    };
    this.#listeners.add(own);
    return { unsubscribe: () => this.#listeners.delete(own) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.drained();
    this.#listeners.clear();
    this.#reader.close();
    await this.#writer.close();
  }

  async #commitBatch(changes: readonly AskedChange[]): Promise<readonly Settled[]> {
    const { settled, storedEvents } = await this.#writer.commit(changes);
    this.#counted = {
      commits: this.#counted.commits + 1,
      changes: this.#counted.changes + changes.length,
    };
    this.#noteRefusal(settled);
    if (storedEvents) queueMicrotask(() => this.#listeners.forEach((listener) => listener()));
    return settled;
  }

  #noteRefusal(settled: readonly Settled[]): void {
    const failures = settled.flatMap((each) => ("failure" in each ? [each.failure] : []));
    const refused = failures.find(({ kind }) => kind === "full" || kind === "unwritable");
    const refusal = refused === undefined ? undefined : errorOf(refused).message;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    if (refusal === undefined) this.#log?.info("the store takes changes again");
    else this.#log?.error(refusal);
  }

  #read<T>(read: (db: SqliteDatabase) => T): T {
    return this.#readRow((db) => db.inSnapshot(() => read(db)));
  }

  /** For what reads by one statement, which sees one moment by itself. */
  #readRow<T>(read: (db: SqliteDatabase) => T): T {
    this.#assertOpen();
    try {
      return read(this.#reader);
    } catch (error) {
      throw errorOf(failureOf(error));
    }
  }

  async #query<T extends QueryType>(type: T, ask: AskOf<T>): Promise<AnswerOf<T>> {
    this.#assertOpen();
    return readDocument(await this.#writer.query(type, ask));
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new StoreClosedError("the store is closed");
  }
}
