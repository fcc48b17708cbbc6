import type { ClientBase } from "pg";
import type { Values } from "../database.ts";
import { numbered, type Numbered } from "../numbered.ts";
import { driverError } from "./failure.ts";
import type { Answer } from "./rerun.ts";
import type { Statement } from "./statement.ts";

export interface SessionOptions {
  /** Whether each SQL text is planned once; not where there is no end of texts. */
  readonly prepared: boolean;
}

/** One connection, while it is somebody's. */
export class Session {
  readonly #client: ClientBase;
  readonly #prepared: boolean;

  constructor(client: ClientBase, { prepared }: SessionOptions) {
    this.#client = client;
    this.#prepared = prepared;
  }

  /**
   * Sends all at once and gives what each came to. Rejects with the first error, once all have ended: in a transaction, those
   * after it were not run.
   */
  async send(statements: readonly Statement[]): Promise<readonly Answer[]> {
    const sent = await Promise.allSettled(statements.map((statement) => this.#query(statement)));
    return sent.map((each) => {
      if (each.status === "rejected") throw driverError(each.reason);
      return each.value;
    });
  }

  /** Runs SQL without values, such as a schema. */
  async execute(sql: string): Promise<void> {
    try {
      await this.#client.query(sql);
    } catch (error) {
      throw driverError(error);
    }
  }

  async #query({ sql, values }: Statement): Promise<Answer> {
    const { text, names, name } = this.#prepared ? known(sql) : { ...numbered(sql, "$"), name: undefined };
    const { rows, rowCount } = await this.#client.query({
      text,
      values: names.map((each) => valueOf(values, each)),
      ...(name === undefined ? {} : { name }),
    });
    return { rows, count: rowCount ?? 0 };
  }
}

interface Known extends Numbered {
  /** What all connections call it; without one it is planned each time. */
  readonly name: string | undefined;
}

/** Each text is taken apart once, and planned once by each connection; not where there is no end of them after all. */
const texts = new Map<string, Known>();
const MAX_TEXTS = 1_000;

function known(sql: string): Known {
  const found = texts.get(sql);
  if (found !== undefined) return found;
  if (texts.size >= MAX_TEXTS) return { ...numbered(sql, "$"), name: undefined };
  const made = { ...numbered(sql, "$"), name: `s${texts.size}` };
  texts.set(sql, made);
  return made;
}

function valueOf(values: Values, name: string): string | number | null {
  const value = values[name];
  if (value === undefined) throw new Error(`the value :${name} is missing`);
  // PostgreSQL's text has no character 0, and a device may say what it likes.
  return typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value;
}
