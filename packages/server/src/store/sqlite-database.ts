import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Database, Values } from "./database.ts";
import type { Row } from "./row.ts";

/** What people search for makes texts without end. */
const MAX_PREPARED = 1_000;

/** One connection to the database; each SQL text is prepared once, as long as there are not too many others. */
export class SqliteConnection implements Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, options: { readonly readOnly: boolean; readonly busyTimeoutMs: number }) {
    this.#connection = new DatabaseSync(path, {
      readOnly: options.readOnly,
      timeout: options.busyTimeoutMs,
    });
  }

  /** False also after an error that made SQLite roll back by itself. */
  get isInTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  /** Runs SQL that takes no values, such as a schema or a PRAGMA. */
  execute(sql: string): void {
    this.#connection.exec(sql);
  }

  run(sql: string, values: Values = {}): number {
    return Number(this.#prepared(sql).run(values).changes);
  }

  write(sql: string, values: Values = {}): void {
    this.#prepared(sql).run(values);
  }

  get(sql: string, values: Values = {}): Row | undefined {
    return this.#prepared(sql).get(values);
  }

  all(sql: string, values: Values = {}): readonly Row[] {
    return this.#prepared(sql).all(values);
  }

  /** The same one after the other, however many there are. */
  each(sql: string): IterableIterator<Row> {
    return this.#prepared(sql).iterate();
  }

  /** Statements that see one and the same moment, whatever another connection commits meanwhile. */
  inSnapshot<T>(read: () => T): T {
    this.run("BEGIN");
    try {
      return read();
    } finally {
      this.run("COMMIT");
    }
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size >= MAX_PREPARED) this.#statements.delete(oldest);
    this.#statements.set(sql, statement);
    return statement;
  }
}
