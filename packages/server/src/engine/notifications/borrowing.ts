import { grouped, groupedEntries, type ParameterAttributes } from "@heliograph/protocol";
import {
  isEnd,
  mayRead,
  MOST_BORROWED,
  type BorrowedNotification,
  type DeviceCall,
  type DeviceRecord,
  type LearnedParameters,
  type OperationRecord,
} from "../../ports/index.ts";

/** Notification [TR-069 A.3.2.4]: with the next Inform; at once, by an Inform of its own. */
export const PASSIVE = 1;
export const ACTIVE = 2;

type Lent = Pick<BorrowedNotification, "path" | "before">;

/** Whether the device tells values by itself, as a light one does that can be observed [LIGHT 6]. */
export function tellsByItself({ light }: Pick<DeviceRecord, "light">): boolean {
  return light?.lapsed === false && light.subprotocol !== "cwmp.soap";
}

/** Parameters that watched paths mean, by what is known of the device; as many as it may be asked for besides. */
export function wantedOf(
  watched: readonly string[],
  known: LearnedParameters,
  borrowed: readonly BorrowedNotification[],
): readonly string[] {
  const named = watched.filter((path) => !path.endsWith(".") && !path.includes("*") && path !== "");
  const meant = [...groupedEntries(known)].map(([path]) => path).filter((path) => mayRead(path, watched));
  const lent = new Set(borrowed.map(({ path }) => path));
  const wanted = [...new Set([...named, ...meant])].filter((path) => !lent.has(path));
  return wanted.toSorted().slice(0, Math.max(0, MOST_BORROWED - borrowed.length));
}

/** Those that the device would not tell of at once, with what they are set to. */
export function quietOf(attributes: ParameterAttributes): readonly Lent[] {
  return [...groupedEntries(attributes)].flatMap(([path, { Notification: before = 0 }]) =>
    before < ACTIVE ? [{ path, before }] : [],
  );
}

/** Has the device tell so of what it would tell less of. */
export function setting(lent: readonly Lent[], notification: number): DeviceCall {
  const less = lent.filter(({ before }) => before < notification);
  return attributes(less.map(({ path }) => [path, notification] as const));
}

/** Has the device tell as it did. */
export function puttingBack(lent: readonly Lent[]): DeviceCall {
  return attributes(lent.map(({ path, before }) => [path, before] as const));
}

/**
 * What is next where something is to be put back: `ask`: it is asked for; `wait`: it is under way; `returned`: it is done, or
 * the device refuses it, and would the next time.
 */
export function nextOfPuttingBack(operation: OperationRecord | undefined): "ask" | "wait" | "returned" {
  if (operation === undefined) return "ask";
  if (!isEnd(operation.state)) return "wait";
  return operation.state === "done" || operation.state === "faulted" ? "returned" : "ask";
}

function attributes(entries: readonly (readonly [path: string, notification: number])[]): DeviceCall {
  const list = entries.map(([path, Notification]) => [path, { Notification }] as const);
  return { method: "SetParameterAttributes", params: { ParameterList: grouped(list) } };
}
