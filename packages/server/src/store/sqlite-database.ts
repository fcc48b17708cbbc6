import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Database, Values } from "./database.ts";
import { numbered } from "./numbered.ts";
import type { Row } from "./row.ts";

/** What people search for makes texts without end. */
const MAX_PREPARED = 1_000;

interface Prepared {
  readonly statement: StatementSync;
  /** Of its values, in the order of their numbers: by their names SQLite takes twice as long to find them. */
  readonly names: readonly string[];
}

/** One connection to the database; each SQL text is prepared once, as long as there are not too many others. */
export class SqliteConnection implements Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();

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
    const { statement, names } = this.#prepared(sql);
    return Number(statement.run(...inOrder(names, values)).changes);
  }

  write(sql: string, values: Values = {}): void {
    const { statement, names } = this.#prepared(sql);
    statement.run(...inOrder(names, values));
  }

  get(sql: string, values: Values = {}): Row | undefined {
    const { statement, names } = this.#prepared(sql);
    return statement.get(...inOrder(names, values));
  }

  all(sql: string, values: Values = {}): readonly Row[] {
    const { statement, names } = this.#prepared(sql);
    return statement.all(...inOrder(names, values));
  }

  apart<I, T>(items: readonly I[], body: (db: Database, item: I) => T): readonly T[] {
    return items.map((item) => body(this, item));
  }

  /** The same one after the other, however many there are. */
  each(sql: string): IterableIterator<Row> {
    return this.#prepared(sql).statement.iterate();
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

  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const { text, names } = numbered(sql, "?");
    const prepared = { statement: this.#connection.prepare(text), names };
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size >= MAX_PREPARED) this.#statements.delete(oldest);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

function inOrder(names: readonly string[], values: Values): (string | number | null)[] {
  return names.map((name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the value :${name} is missing`);
    return value;
  });
}
