import { Pool, types, type ClientBase, type PoolConfig } from "pg";
import { driverError } from "./failure.ts";
import type { PoolFigures } from "../store-figures.ts";
import { Session, type SessionOptions } from "./session.ts";

/** Where the database is, and who we are there; what is left out is as the environment of PostgreSQL's own programs says. */
export type PostgresAddress = Pick<
  PoolConfig,
  "host" | "port" | "user" | "password" | "database" | "ssl" | "stream"
>;

export interface ConnectionsOptions {
  /** How many at once, at most. */
  readonly max: number;
  /** How long one statement may take. */
  readonly statementMs: number;
  /** How long it may wait for a lock. */
  readonly lockMs: number;
  /** What each new connection begins with; where it rejects, the connection is not used. */
  readonly greet?: (session: Session) => Promise<void>;
}

/** How long a connection may take to come about, or to become free. */
const CONNECT_MS = 5_000;
/** A process that stands still in a transaction holds up all others: the server ends it before they give up. */
const IDLE_IN_TRANSACTION_MS = 3_000;
/** A server that says nothing at all any more is given up so long after it should have ended the statement by itself. */
const SILENCE_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
const IDLE_MS = 60_000;
/** So that the server, too, knows in half a minute that we are gone, and lets go of what we held. */
const SERVER_KEEP_ALIVE = "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

/** Connections that are opened when they are needed, and opened anew when they broke. */
export class Connections {
  readonly #pool: Pool;
  readonly #greet: ConnectionsOptions["greet"];
  readonly #greeted = new WeakSet<ClientBase>();

  constructor(address: PostgresAddress, { max, statementMs, lockMs, greet }: ConnectionsOptions) {
    this.#greet = greet;
    this.#pool = new Pool({
      ...address,
      max,
      // What a connection holds ends with it: so none is closed for want of use.
      idleTimeoutMillis: greet === undefined ? IDLE_MS : 0,
      application_name: "heliograph",
      options: SERVER_KEEP_ALIVE,
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: statementMs,
      query_timeout: statementMs + SILENCE_MS,
      lock_timeout: lockMs,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      types: { getTypeParser: parserOf },
    });
    // Whoever has a connection that breaks is told by what it sends; one that nobody has is replaced when it is needed.
    this.#pool.on("error", ignored);
    this.#pool.on("connect", (client) => client.on("error", ignored));
  }

  /** Gives `use` a connection for itself; where that fails, it is not used again. Rejects with {@link LostConnectionError}. */
  async use<T>(use: (session: Session) => Promise<T>, options: SessionOptions): Promise<T> {
    const client = await this.#connect();
    let isGood = false;
    try {
      const session = new Session(client, options);
      await this.#meet(client, session);
      const value = await use(session);
      isGood = true;
      return value;
    } finally {
      client.release(!isGood);
    }
  }

  get figures(): PoolFigures {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { busy: totalCount - idleCount, idle: idleCount, awaited: waitingCount };
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #meet(client: ClientBase, session: Session): Promise<void> {
    if (this.#greet === undefined || this.#greeted.has(client)) return;
    await this.#greet(session);
    this.#greeted.add(client);
  }

  async #connect() {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw driverError(error);
    }
  }
}

function ignored(): void {
  return undefined;
}

/** Whole numbers are numbers, as in SQLite: milliseconds and counts are far below what a double tells apart. */
const NUMBERS: ReadonlySet<number> = new Set([
  types.builtins.INT8,
  types.builtins.INT4,
  types.builtins.NUMERIC,
]);

function parserOf(oid: number): (text: string) => string | number {
  return NUMBERS.has(oid) ? Number : String;
}
