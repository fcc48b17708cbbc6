import type { Values } from "../database.ts";

/** One statement as changes and questions ask it. */
export interface Statement {
  readonly sql: string;
  readonly values: Values;
}
