import { isCompactValue, valueProblem } from "../model/compact.ts";
import { MAX_PATH_CHARS } from "../model/path.ts";
import { emptyMap, isRecord } from "../model/record.ts";
import type { ParameterListKind } from "../rpc/field.ts";
import { unreachable } from "../unreachable.ts";
import { note, spend, within, type Spot } from "./spot.ts";

const LAST_NOTIFICATION = 6;
const ACCESS_CHARS = 64;

/** Reads a parameter list in its grouped form [LIGHT 3]; the maps it gives inherit nothing. */
export function readParameterList(kind: ParameterListKind, value: unknown, spot: Spot): unknown {
  const groups = emptyMap<Record<string, unknown>>();
  if (!isRecord(value)) {
    note(spot, "an object of objects is needed: values grouped by object, leaf names inside");
    return groups;
  }
  for (const [object, leaves] of Object.entries(value)) {
    const group = within(spot, object);
    if (object !== "" && !object.endsWith(".")) note(group, "the name of an object ends with a dot");
    else if (!isRecord(leaves)) note(group, "an object of leaf names is needed");
    else groups[object] = readLeaves(kind, leaves, { object, spot: group });
  }
  return groups;
}

function readLeaves(
  kind: ParameterListKind,
  leaves: Readonly<Record<string, unknown>>,
  { object, spot }: { readonly object: string; readonly spot: Spot },
): Record<string, unknown> {
  const read = emptyMap<unknown>();
  const names = Object.entries(leaves);
  if (!spend(spot, names.length)) return read;
  for (const [leaf, value] of names) {
    const problem = nameProblem(object, leaf) ?? leafProblem(kind, value, spot.reading.sets);
    if (problem !== undefined) note(within(spot, leaf), problem);
    read[leaf] = value;
  }
  return read;
}

function nameProblem(object: string, leaf: string): string | undefined {
  if (leaf.includes(".")) return "a leaf name has no dot";
  return object.length + leaf.length > MAX_PATH_CHARS
    ? `a path is longer than ${MAX_PATH_CHARS} characters`
    : undefined;
}

function leafProblem(kind: ParameterListKind, value: unknown, sets: boolean): string | undefined {
  switch (kind) {
    case "parameter-values":
      if (sets) return valueProblem(value);
      return isCompactValue(value) ? undefined : "this is no parameter value";
    case "parameter-names":
      return typeof value === "boolean" ? undefined : "a writable flag is true or false";
    case "parameter-attributes":
    case "set-parameter-attributes":
      return attributesProblem(value);
    default:
      return unreachable(kind);
  }
}

function attributesProblem(value: unknown): string | undefined {
  if (!isRecord(value)) return "an object with Notification, AccessList or both is needed";
  const { Notification: notification, AccessList: accessList, ...rest } = value;
  if (Object.keys(rest).length > 0) return "only Notification and AccessList can stand here";
  if (notification !== undefined && !isNotification(notification)) {
    return `Notification is a number from 0 to ${LAST_NOTIFICATION}`;
  }
  return accessList === undefined || isAccessList(accessList) ? undefined : "AccessList is a list of texts";
}

function isNotification(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= LAST_NOTIFICATION;
}

function isAccessList(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry.length <= ACCESS_CHARS)
  );
}
