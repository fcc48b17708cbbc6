import { isCompactValue, valueProblem } from "../model/compact.ts";
import { isInRange } from "../model/lexical.ts";
import { MAX_PATH_CHARS } from "../model/path.ts";
import { emptyMap, isRecord } from "../model/record.ts";
import type { CompactValue } from "../model/value.ts";
import type { ParameterListKind } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { dropIllegal } from "../xml/characters.ts";
import { note, refused, within, type Spot } from "./spot.ts";

const LAST_NOTIFICATION = 6;
const ACCESS_CHARS = 64;

const NOT_FOR_XML = "it holds characters that XML cannot carry";

/** The only entity that the schema lets into an access list [CWMP 1.4 A.3.2.4]. */
const SUBSCRIBER = "Subscriber";

/** Reads a parameter list in its grouped form [LIGHT 3]; the maps it gives inherit nothing. */
export function readParameterList(kind: ParameterListKind, value: unknown, spot: Spot): unknown {
  if (!isRecord(value)) {
    return refused(spot, "an object of objects is needed: grouped by object, leaf names inside");
  }
  const groups = emptyMap<Record<string, unknown>>();
  for (const [object, leaves] of Object.entries(value)) {
    const group = within(spot, object);
    if (object !== "" && !object.endsWith(".")) {
      note(group, "the name of an object ends with a dot");
    } else if (!isRecord(leaves)) {
      note(group, "an object of leaf names is needed");
    } else if (Object.keys(leaves).length > 0) {
      groups[object] = readLeaves(kind, leaves, { object, spot: group });
    }
  }
  const isEmpty = kind === "set-parameter-attributes" && Object.keys(groups).length === 0;
  return isEmpty && spot.reading.strictness === "schema" ? refused(spot, "it names no parameter") : groups;
}

function readLeaves(
  kind: ParameterListKind,
  leaves: Readonly<Record<string, unknown>>,
  { object, spot }: { readonly object: string; readonly spot: Spot },
): Record<string, unknown> {
  const read = emptyMap<unknown>();
  for (const [leaf, value] of Object.entries(leaves)) {
    const leafSpot = within(spot, leaf);
    const problem = nameProblem(kind, object, leaf) ?? writtenNameProblem(object + leaf, spot);
    const found = problem === undefined ? readLeaf(kind, value, leafSpot) : refused(leafSpot, problem);
    if (found !== undefined) read[leaf] = found;
  }
  return read;
}

function nameProblem(kind: ParameterListKind, object: string, leaf: string): string | undefined {
  if (leaf.includes(".")) return "a leaf name has no dot";
  if (leaf === "" && (kind === "parameter-values" || object === "")) return "an object has no value";
  return object.length + leaf.length > MAX_PATH_CHARS
    ? `a path is longer than ${MAX_PATH_CHARS} characters`
    : undefined;
}

/** What is read over here was named by the other side; what is written must reach it as it is. */
function writtenNameProblem(path: string, { reading }: Spot): string | undefined {
  if (reading.strictness === "kinds" || dropIllegal(path) === path) return undefined;
  return NOT_FOR_XML;
}

function readLeaf(kind: ParameterListKind, value: unknown, spot: Spot): unknown {
  switch (kind) {
    case "parameter-values":
      return readCompact(value, spot);
    case "parameter-names":
      return typeof value === "boolean" ? value : refused(spot, "a writable flag is true or false");
    case "parameter-attributes":
    case "set-parameter-attributes":
      return readAttributes(value, spot);
    default:
      return unreachable(kind);
  }
}

function readCompact(value: unknown, spot: Spot): unknown {
  const isSet = spot.reading.strictness === "schema";
  const problem = isSet ? valueProblem(value) : undefined;
  if (problem !== undefined) return refused(spot, problem);
  if (!isCompactValue(value)) return refused(spot, "this is no parameter value");
  if (isSet && !isLegal(value)) return refused(spot, NOT_FOR_XML);
  // Adding 0 makes 0 of -0.
  return typeof value === "number" ? value + 0 : value;
}

function isLegal(value: CompactValue): boolean {
  const text = typeof value === "object" ? value?.[0] : value;
  return typeof text !== "string" || dropIllegal(text) === text;
}

function readAttributes(value: unknown, spot: Spot): unknown {
  if (!isRecord(value)) return refused(spot, "an object with Notification, AccessList or both is needed");
  const { Notification: notification, AccessList: accessList, ...rest } = value;
  const isSet = spot.reading.strictness === "schema";
  if (Object.keys(rest).length > 0) return refused(spot, "only Notification and AccessList can stand here");
  if (notification !== undefined && !isNotification(notification, isSet)) {
    return refused(spot, `Notification is a number from 0 to ${LAST_NOTIFICATION}`);
  }
  if (accessList !== undefined && !isAccessList(accessList, isSet)) {
    return refused(spot, `AccessList is a list that holds ${SUBSCRIBER} or nothing`);
  }
  return {
    ...(notification === undefined ? {} : { Notification: notification }),
    ...(accessList === undefined ? {} : { AccessList: accessList }),
  };
}

function isNotification(value: unknown, isSet: boolean): value is number {
  if (typeof value !== "number" || !isInRange(value, "int")) return false;
  return !isSet || (value >= 0 && value <= LAST_NOTIFICATION);
}

function isAccessList(value: unknown, isSet: boolean): value is readonly string[] {
  const isEntry = (entry: unknown): boolean =>
    isSet ? entry === SUBSCRIBER : typeof entry === "string" && entry.length <= ACCESS_CHARS;
  return Array.isArray(value) && value.every(isEntry);
}
