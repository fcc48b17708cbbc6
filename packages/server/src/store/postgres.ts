import { StoreBusyError, StoreFailedError, type Log, type Store } from "../ports/index.ts";
import { newestEventId } from "./changes/journal.ts";
import { errorOf } from "./failure.ts";
import type { Measured } from "./measured-commit.ts";
import { migrations } from "./migrations/migrate.ts";
import { commitBatch } from "./postgres/batch.ts";
import { Connections, type PostgresAddress } from "./postgres/connections.ts";
import { failureOf, LostConnectionError } from "./postgres/failure.ts";
import { Patience } from "./postgres/patience.ts";
import { runAlone, type Body } from "./postgres/rounds.ts";
import { migrate } from "./postgres/schema.ts";
import type { Session } from "./postgres/session.ts";
import type { Statement } from "./postgres/statement.ts";
import { answerQuery, type AnswerOf, type AskOf, type QueryType } from "./queries.ts";
import { RecordStore, type Committed } from "./record-store.ts";
import type { StoreFigures } from "./store-figures.ts";
import { flag, text } from "./row.ts";
import type { AskedChange } from "./written-change.ts";

export interface PostgresStoreOptions extends Measured {
  readonly address: PostgresAddress;
  /** Changes that may wait for their commit, and questions that may wait for their answer, at once. */
  readonly maxWaiting?: number;
  /** Whether this store is the only one on its schema: opened while another is, it waits as for the database itself. */
  readonly isAlone?: boolean;
  /** Connections that answer questions at once; none: they take turns with the one that writes. */
  readonly readers?: number;
  /** How long a database that cannot be reached is waited for, before all that waits is told. */
  readonly patienceMs?: number;
  /** How long a lock that another program holds is waited for. */
  readonly lockMs?: number;
  /** Is told when the database takes no changes, and when it does again. */
  readonly log?: Log;
}

/** The store on PostgreSQL, in the schema that the connection's search path begins with. */
export interface PostgresStore extends Store {
  /** What the connections run with, read from the server itself. */
  settings(): Promise<PostgresSettings>;
  readonly figures: StoreFigures;
}

export interface PostgresSettings {
  readonly version: string;
  readonly synchronousCommit: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
}

const MAX_WAITING = 10_000;
const READERS = 8;
/** A restart of the database takes a few seconds, and a device waits for half a minute. */
const PATIENCE_MS = 15_000;
/** Each is short: this is for a disk or a server that stands still. */
const WRITE_MS = 30_000;
const READ_MS = 10_000;
const LOCK_MS = 5_000;
/** Tables may be large when their schema changes, and others may be using them. */
const SCHEMA_MS = 3_600_000;

/** Opens the store and brings its schema up to date. Rejects with {@link StoreFailedError}. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const store = new Postgres(options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreFailedError(`cannot open the store in PostgreSQL: ${message}`, { cause: error });
  }
}

class Postgres extends RecordStore implements PostgresStore {
  readonly #writer: Connections;
  readonly #readers: Connections;
  /** Apart: that there are answers does not say that there are commits. */
  readonly #patience: { readonly writing: Patience; readonly reading: Patience };
  readonly #maxWaiting: number;
  readonly #options: PostgresStoreOptions;
  #questions = 0;
  #newestEvent = 0;

  constructor(options: PostgresStoreOptions) {
    const { address, maxWaiting = MAX_WAITING, readers = READERS } = options;
    super({ ...options, maxWaiting });
    this.#options = options;
    this.#maxWaiting = maxWaiting;
    const { lockMs = LOCK_MS, patienceMs = PATIENCE_MS } = options;
    this.#patience = { writing: new Patience(patienceMs), reading: new Patience(patienceMs) };
    const greet = options.isAlone === true ? { greet: beAlone } : {};
    this.#writer = new Connections(address, { max: 1, statementMs: WRITE_MS, lockMs, ...greet });
    this.#readers =
      readers === 0 ? this.#writer : new Connections(address, { max: readers, statementMs: READ_MS, lockMs });
  }

  override get figures(): StoreFigures {
    const pools = { writing: this.#writer.figures, reading: this.#readers.figures };
    return { ...super.figures, pools };
  }

  async open(): Promise<void> {
    // Who is to be alone is so before anything is changed.
    if (this.#options.isAlone === true) await this.#write(() => Promise.resolve());
    await this.#migrate();
    this.#newestEvent = await this.read(newestEventId);
    const { fsync, fullPageWrites } = await this.settings();
    if (fsync === "on" && fullPageWrites === "on") return;
    this.#options.log?.warn("the database does not keep what was acknowledged when its power fails", {
      fsync,
      fullPageWrites,
    });
  }

  settings(): Promise<PostgresSettings> {
    return this.readRow((db) => {
      const row = db.get(SETTINGS) ?? {};
      return {
        version: text(row, "version"),
        synchronousCommit: text(row, "synchronous_commit"),
        fsync: text(row, "fsync"),
        fullPageWrites: text(row, "full_page_writes"),
      };
    });
  }

  protected override async commitBatch(changes: readonly AskedChange[]): Promise<Committed> {
    try {
      const { settled, newestEvent } = await this.#write((session) => commitBatch(session, changes));
      const storedEvents = newestEvent > this.#newestEvent;
      this.#newestEvent = Math.max(newestEvent, this.#newestEvent);
      return { settled, storedEvents };
    } catch (error) {
      const failure = failureOf(error);
      return { settled: changes.map(() => ({ failure })), storedEvents: false };
    }
  }

  protected override readRow<T>(read: Body<T>): Promise<T> {
    return this.#ask((session) => runAlone(session, read));
  }

  protected override read<T>(read: Body<T>): Promise<T> {
    return this.#ask((session) => inSnapshot(session, read));
  }

  protected override query<T extends QueryType>(type: T, ask: AskOf<T>): Promise<AnswerOf<T>> {
    // What is looked for is ever something else.
    return this.#ask((session) => inSnapshot(session, (db) => answerQuery(db, type, ask)), {
      prepared: false,
    });
  }

  protected override changed(): void {
    // Nothing that was read before is kept.
  }

  protected override async release(): Promise<void> {
    await this.#writer.close();
    if (this.#readers !== this.#writer) await this.#readers.close();
  }

  #write<T>(write: (session: Session) => Promise<T>): Promise<T> {
    return this.#patience.writing.until(() => this.#writer.use(write, { prepared: true }));
  }

  async #migrate(): Promise<void> {
    const { address } = this.#options;
    const connections = new Connections(address, { max: 1, statementMs: SCHEMA_MS, lockMs: SCHEMA_MS });
    try {
      await this.#patience.writing.until(() =>
        connections.use((session) => migrate(session, migrations), { prepared: false }),
      );
    } finally {
      await connections.close();
    }
  }

  async #ask<T>(ask: (session: Session) => Promise<T>, options = { prepared: true }): Promise<T> {
    this.assertOpen();
    if (this.#questions >= this.#maxWaiting) {
      throw new StoreBusyError(`${this.#questions} questions wait already`);
    }
    this.#questions += 1;
    try {
      return await this.#patience.reading.until(() => this.#readers.use(ask, options));
    } catch (error) {
      throw errorOf(failureOf(error));
    } finally {
      this.#questions -= 1;
    }
  }
}

/** The lock is the connection's, and ends with it. */
async function beAlone(session: Session): Promise<void> {
  const [answer] = await session.send([{ sql: TAKE, values: {} }]);
  const [row] = answer?.rows ?? [];
  if (row === undefined || !flag(row, "taken")) {
    throw new LostConnectionError("another server works on this database");
  }
}

const TAKE = `
SELECT CASE WHEN pg_try_advisory_lock(7549, hashtext(current_schema())) THEN 1 ELSE 0 END AS taken`;

/** Statements that see one and the same moment. */
async function inSnapshot<T>(session: Session, read: Body<T>): Promise<T> {
  const value = await runAlone(session, read, [SNAPSHOT]);
  await session.send([COMMIT]);
  return value;
}

const SNAPSHOT: Statement = { sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", values: {} };
const COMMIT: Statement = { sql: "COMMIT", values: {} };

const SETTINGS = `
SELECT current_setting('server_version') AS version, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes`;
