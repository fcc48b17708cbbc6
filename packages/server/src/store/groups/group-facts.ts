import {
  groupedEntries,
  groupedValue,
  isCompactValue,
  isFactName,
  pathMatcher,
  typedText,
  type CompactValue,
  type JsonObject,
  type JsonValue,
  type KnownFacts,
  type ParameterValues,
} from "@heliograph/protocol";
import { reachability, type LearnedParameters } from "../../ports/index.ts";
import { reachableOf } from "../device-rows.ts";
import { optionalText, text, type Row } from "../row.ts";
import type { NeededFacts } from "./needed-facts.ts";

/**
 * Of a device, what groups ask for, as it was when they were last asked: by the name of a fact, or by a path as an
 * expression writes it. What is not known is left out. It says which fact made a device join or leave.
 */
export type GroupFacts = Readonly<Record<string, JsonValue>>;

/** Of `*` so many instances. */
const MAX_INSTANCES = 256;
const MAX_CHARS = 256;

export function groupFacts(
  { facts, paths }: NeededFacts,
  { parameters, known }: { readonly parameters: LearnedParameters; readonly known: KnownFacts },
): GroupFacts {
  const entries = [
    ...facts.map((name) => [name, known.fact(name)] as const),
    ...paths.map((path) => [path, askedValue(parameters, known, path)] as const),
  ];
  return Object.fromEntries(entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));
}

/** The names of what is not as it was. */
export function changedFacts(before: GroupFacts, after: GroupFacts): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) =>
    isFactName(name) ? !isSame(before[name], after[name]) : plain(before[name]) !== plain(after[name]),
  );
}

/** Whether an Inform, which has been written to the device's row, tells anything that groups ask for and did not know. */
export function tellsNews(
  told: { readonly at: number; readonly parameters: ParameterValues; readonly row: Row },
  { facts, paths }: NeededFacts,
  before: GroupFacts,
): boolean {
  return (
    facts.some((name) => isInformed(name) && !isSame(before[name], informedValue(told.row, name, told.at))) ||
    paths.some((path) => isNews(told.parameters, path, before[path]))
  );
}

/** What of an Inform's own parameters groups ask for. */
export function neededValues(parameters: ParameterValues, paths: readonly string[]): ParameterValues {
  const matchers = paths.map(pathMatcher);
  const kept = Object.entries(parameters).map(([object, group]) => {
    const asked = Object.entries(group).filter(([leaf]) =>
      matchers.some((isAsked) => isAsked(object + leaf)),
    );
    return [object, Object.fromEntries(asked)] as const;
  });
  return Object.fromEntries(kept.filter(([, group]) => Object.keys(group).length > 0));
}

const informed = [
  "softwareVersion",
  "hardwareVersion",
  "root",
  "address",
  "subprotocol",
  "transport",
  "reachability",
] as const;
type Informed = (typeof informed)[number];

function isInformed(name: string): name is Informed {
  return informed.some((each) => each === name);
}

/** From the row alone: a heartbeat reads nothing else. */
function informedValue(row: Row, name: Informed, now: number): string | undefined {
  switch (name) {
    case "softwareVersion":
      return optionalText(row, "software_version");
    case "hardwareVersion":
      return optionalText(row, "hardware_version");
    case "root":
      return optionalText(row, "root");
    case "address":
      return text(row, "address");
    case "subprotocol":
      return optionalText(row, "light_subprotocol");
    case "transport":
      return reachableOf(row).connection?.transport;
    case "reachability":
      return reachability({ ...reachableOf(row), lastInformAt: now }, now);
  }
}

/** Where the Inform does not mention it, it is as it was. */
function isNews(told: ParameterValues, path: string, before: JsonValue | undefined): boolean {
  if (path.endsWith(".")) return before !== true && Object.keys(told).some(pathMatcher(path));
  if (!path.includes("*")) {
    const value = groupedValue(told, path);
    return value !== undefined && plain(kept(value)) !== plain(before);
  }
  const isAsked = pathMatcher(path);
  const known = isObject(before) ? before : {};
  for (const [each, value] of groupedEntries(told)) {
    if (isAsked(each) && plain(kept(value)) !== plain(memberOf(known, each))) return true;
  }
  return false;
}

function askedValue(parameters: LearnedParameters, known: KnownFacts, path: string): JsonValue | undefined {
  if (path.endsWith(".")) return known.hasObject(path) ? true : undefined;
  if (!path.includes("*")) {
    const [value] = known.values(path);
    return value === undefined ? undefined : kept(value);
  }
  const isAsked = pathMatcher(path);
  const found: (readonly [string, CompactValue])[] = [];
  for (const [each, { value }] of groupedEntries(parameters)) {
    if (value !== undefined && isAsked(each)) found.push([each, kept(value)]);
    if (found.length === MAX_INSTANCES) break;
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** A long value by its beginning, its length and a sum: it is read again with every Inform of the device. */
function kept(value: CompactValue): CompactValue {
  const text = typedText(value)?.text ?? "";
  if (text.length <= MAX_CHARS) return value;
  return `${text.slice(0, MAX_CHARS)}… (${text.length} characters, ${sumOf(text)})`;
}

/** FNV-1a, 32 bits: tells a change from none, and is no secret's guard. */
function sumOf(text: string): string {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  }
  return (sum >>> 0).toString(16);
}

/** A value as it is compared: the type that a device gives it may be told one time and not another. */
function plain(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (isCompactValue(value)) return typedText(value)?.text ?? "null";
  return isObject(value)
    ? JSON.stringify(Object.entries(value).map(([name, each]) => [name, plain(each)]))
    : JSON.stringify(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function memberOf(known: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
