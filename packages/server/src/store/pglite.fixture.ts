import { Duplex } from "node:stream";
import { PGlite } from "@electric-sql/pglite";
import { openPostgresIn, type OwnDatabase } from "./postgres.fixture.ts";
import type { EmptiableStore, OpenOptions } from "./store-pool.fixture.ts";

/** A store on PostgreSQL inside this process, in memory: for want of a server, and never to be kept. */
export async function openPgliteStore(options?: OpenOptions): Promise<EmptiableStore> {
  const database = await pglite();
  return openPostgresIn(database, { ...options, readers: 0 });
}

async function pglite(): Promise<OwnDatabase> {
  const engine = await PGlite.create();
  return {
    address: { user: "postgres", database: "postgres", stream: () => new EngineSocket(engine) },
    async query(sql) {
      const results = await engine.exec(sql);
      return results.at(-1)?.rows ?? [];
    },
    remove: () => engine.close(),
  };
}

const TERMINATE = "X".charCodeAt(0);

/** What the driver takes for its socket. The engine has one session: there is one socket at a time. */
class EngineSocket extends Duplex {
  readonly #engine: PGlite;

  constructor(engine: PGlite) {
    super();
    this.#engine = engine;
  }

  connect(): void {
    void this.#begin();
  }

  override _read(): void {
    return undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (chunk[0] === TERMINATE) {
      this.push(null);
      done();
      return;
    }
    this.#engine.execProtocolRaw(chunk).then(
      (answer) => {
        this.push(answer);
        done();
      },
      (error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  // There is no line to be set up.
  setNoDelay = nothing;
  setKeepAlive = nothing;
  ref = nothing;
  unref = nothing;

  /** What the session before it prepared, or left open, is not this one's. */
  async #begin(): Promise<void> {
    await this.#engine.exec("ROLLBACK; DEALLOCATE ALL");
    this.emit("connect");
  }
}

function nothing(): void {
  return undefined;
}
