import { groupedValue, type CompactValue } from "@heliograph/protocol";
import type { LearnedParameter, LearnedParameters } from "./records.ts";

const ALIAS = /^\[(.+)\]$/;
const INSTANCE = /^[0-9]+$/;

/** The object that holds the first alias of a path: what must be known to resolve it; undefined where there is none. */
export function tableOfAlias(path: string): string | undefined {
  const segments = path.split(".");
  const first = segments.findIndex((segment) => ALIAS.test(segment));
  return first < 0 ? undefined : `${segments.slice(0, first).join(".")}.`;
}

/**
 * The path with the instance in place of its first alias, by what is known of the table; undefined where none has it, or more
 * than one.
 */
export function resolvedAlias(path: string, known: LearnedParameters): string | undefined {
  const table = tableOfAlias(path);
  if (table === undefined) return undefined;
  const [, alias] = ALIAS.exec(path.slice(table.length).split(".")[0] ?? "") ?? [];
  const instances = instancesOf(table, known).filter((instance) => {
    const value = groupedValue<LearnedParameter>(known, `${table}${instance}.Alias`)?.value;
    return textOf(value) === alias;
  });
  const [only, ...others] = instances;
  if (only === undefined || others.length > 0 || alias === undefined) return undefined;
  return `${table}${only}${path.slice(table.length + alias.length + 2)}`;
}

function instancesOf(table: string, known: LearnedParameters): readonly string[] {
  const below = Object.keys(known).filter((object) => object.startsWith(table));
  const first = below.map((object) => object.slice(table.length).split(".")[0] ?? "");
  return [...new Set(first)].filter((segment) => INSTANCE.test(segment));
}

function textOf(value: CompactValue | undefined): unknown {
  return Array.isArray(value) ? value[0] : value;
}
