import type { SQLOutputValue } from "node:sqlite";

/** One row as SQLite gives it; the functions below read its columns, and throw where the schema is not what we think. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : mismatch(column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" ? value : mismatch(column);
}

export function flag(row: Row, column: string): boolean {
  return integer(row, column) !== 0;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

export function choice<const T extends string>(row: Row, column: string, choices: readonly T[]): T {
  return choices.find((each) => each === row[column]) ?? mismatch(column);
}

/** An object without the fields that are undefined, so that an absent value is an absent field. */
export type Present<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export function present<T extends object>(fields: T): Present<T>;
export function present(fields: Readonly<Record<string, unknown>>): object {
  // Every row that is read comes through here.
  const given: Record<string, unknown> = {};
  for (const name in fields) if (fields[name] !== undefined) given[name] = fields[name];
  return given;
}

function mismatch(column: string): never {
  throw new Error(`the column ${column} does not hold what it should`);
}
