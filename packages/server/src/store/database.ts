import type { Row } from "./row.ts";

/** Values by the names that stand in the SQL as `:name`. */
export type Values = Readonly<Record<string, string | number | null>>;

/**
 * What a change and a question ask, one statement after the other, of whatever database runs them. Both go by what they were
 * told and by nothing else, neither time nor chance: a database may have them begin again, with the same answers.
 */
export interface Database {
  /** How many rows it changed. */
  run(sql: string, values?: Values): number;
  /** The same where nobody needs to know: a database may put it off until the next answer is needed. */
  write(sql: string, values?: Values): void;
  get(sql: string, values?: Values): Row | undefined;
  all(sql: string, values?: Values): readonly Row[];
  /**
   * What the body makes of each. What it asks of one has nothing to do with what it does for the others: a database may put
   * their questions together.
   */
  apart<I, T>(items: readonly I[], body: (db: Database, item: I) => T): readonly T[];
}

/** A list as it stands in `IN (…)`, and its values by the names `name0`, `name1` and so on. */
export function listed(
  name: string,
  list: readonly string[],
): { readonly names: string; readonly values: Values } {
  const names = list.map((_, index) => `${name}${index}`);
  return {
    names: names.map((each) => `:${each}`).join(", "),
    values: Object.fromEntries(list.map((value, index) => [`${name}${index}`, value])),
  };
}
