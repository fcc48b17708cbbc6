import type { CompactValue, JsonValue, ParameterType } from "@heliograph/api";
import { UsageError } from "./command-error.ts";
import { isJsonObject } from "./json-object.ts";

/** Values grouped by object, leaf names inside, as every parameter list of the API has them. */
export type GroupedValues = Readonly<Record<string, Readonly<Record<string, CompactValue>>>>;

/** The types of CWMP, each with a value as it is written. */
export const parameterTypes: Readonly<Record<ParameterType, string>> = {
  string: "any text",
  int: "-5",
  unsignedInt: "5",
  long: "-5000000000",
  unsignedLong: "5000000000",
  boolean: "true",
  dateTime: "2026-01-31T00:00:00Z",
  base64: "SGVsaW8=",
  hexBinary: "48656c696f",
  decimal: "0.5",
};

const ASSIGNMENT = /^([^:=]+)(?::([^:=]*))?=(.*)$/s;
/** Without leading zeros: what has them is an identifier or a telephone number, not an amount. */
const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const MIN_INT = -(2 ** 31);
const MAX_UNSIGNED_INT = 2 ** 32 - 1;

/** Reads `path=value` and `path:type=value`. Throws {@link UsageError} where a word is neither. */
export function parseAssignments(words: readonly string[]): GroupedValues {
  const values = new Map<string, CompactValue>();
  for (const word of words) {
    const [, path, type, text] = ASSIGNMENT.exec(word) ?? [];
    if (path === undefined || text === undefined) {
      throw new UsageError(`"${word}" is not path=value or path:type=value`);
    }
    if (values.has(path)) throw new UsageError(`${path} stands twice`);
    values.set(path, type === undefined ? guessValue(path, text) : typedValue(path, type, text));
  }
  const groups = Map.groupBy(values, ([path]) => splitPath(path).object);
  return Object.fromEntries(
    [...groups].map(([object, group]) => [
      object,
      Object.fromEntries(group.map(([path, value]) => [splitPath(path).leaf, value])),
    ]),
  );
}

/** A value as a person reads it, and its type where the form says it. */
export function readValue(value: JsonValue): { readonly text: string; readonly type?: string } {
  if (value === null) return { text: "(no value)" };
  if (typeof value === "string") return { text: value === "" ? '""' : value };
  if (isPair(value)) return { text: value[0], type: value[1] };
  return { text: JSON.stringify(value) };
}

/** Every entry of a grouped list with its whole path; nothing where the value is no such list. */
export function entriesOf(
  list: JsonValue | undefined,
): readonly (readonly [path: string, value: JsonValue])[] {
  if (!isJsonObject(list)) return [];
  return Object.entries(list).flatMap(([object, leaves]) =>
    isJsonObject(leaves)
      ? Object.entries(leaves).map(([leaf, value]) => [object + leaf, value] as const)
      : [],
  );
}

/** What a value is where nothing says so. */
function guessValue(path: string, text: string): CompactValue {
  if (text === "true" || text === "false") return text === "true";
  if (!INTEGER.test(text)) return text;
  const number = Number(text);
  if (number >= MIN_INT && number <= MAX_UNSIGNED_INT) return number;
  throw new UsageError(
    `${text} does not fit into 32 bits: write ${path}:unsignedLong=${text}, ${path}:long=${text} or ${path}:string=${text}`,
  );
}

function typedValue(path: string, type: string, text: string): CompactValue {
  if (!isType(type)) {
    throw new UsageError(
      `${path}:${type} has no type of CWMP; there are ${Object.keys(parameterTypes).join(", ")}`,
    );
  }
  return type === "string" ? text : [text, type];
}

function isPair(value: unknown): value is readonly [text: string, type: ParameterType] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isType(value[1]);
}

function isType(name: unknown): name is ParameterType {
  return typeof name === "string" && Object.hasOwn(parameterTypes, name);
}

function splitPath(path: string): { readonly object: string; readonly leaf: string } {
  const end = path.lastIndexOf(".") + 1;
  return { object: path.slice(0, end), leaf: path.slice(end) };
}
