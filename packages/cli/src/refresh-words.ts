import type { Device, Operation, RefreshProgress } from "@heliograph/api";
import { printable } from "./output.ts";
import { relativeAndClock } from "./time-words.ts";

const STRAIN_WORDS = {
  resources: "it has no resources for the least there is to ask",
  silent: "it did not answer when it was read",
  rebooted: "it rebooted while it was read",
} as const satisfies Record<NonNullable<Device["strain"]>["reason"], string>;

/** How far a refresh has come, in one line. */
export function progressSentence({ read, rpcs, left }: RefreshProgress): string {
  const todo = [
    ...(left.parameters > 0 ? [`${left.parameters} parameters to be read`] : []),
    ...(left.objects > 0 ? [`${left.objects} objects to be looked into`] : []),
  ];
  const done = `${read} parameters read in ${rpcs} RPCs`;
  return todo.length === 0 ? done : `${done}; ${todo.join(", ")}`;
}

/** What a refresh could not read, and what it left out. */
export function lackLines({ refresh, reason }: Operation): readonly string[] {
  if (refresh === undefined) return [];
  const { unreadable, leftOut } = refresh;
  const bad = unreadable.items.map(({ path, fault }) =>
    fault === undefined
      ? `  ${path}: the device says nothing of it`
      : `  ${path}: ${fault.code} ${fault.message}`,
  );
  const left = leftOut.items.map((path) => `  ${path === "" ? "all" : path}`);
  return [
    ...(bad.length === 0 ? [] : [`not read: ${unreadable.count}`, ...bad, ...more(unreadable)]),
    ...(reason === undefined ? [] : [reason]),
    ...left,
    ...more(leftOut),
  ].map(printable);
}

/** Why what asks by itself leaves the device alone, in a sentence; undefined where it does not. */
export function restSentence({ strain, circle }: Device, now: number): string | undefined {
  if (circle !== undefined && Date.parse(circle.until) > now) {
    const { path, access, times, by, until } = circle;
    return `until ${relativeAndClock(until, now)}: ${path} was ${access} ${times} times in a row by ${by.join(" and ")}`;
  }
  if (strain?.until === undefined || Date.parse(strain.until) <= now) return undefined;
  return `until ${relativeAndClock(strain.until, now)}: ${STRAIN_WORDS[strain.reason]}, ${strain.strikes} times in a row`;
}

function more({
  count,
  items,
}: {
  readonly count: number;
  readonly items: readonly unknown[];
}): readonly string[] {
  return count > items.length ? [`  and ${count - items.length} more`] : [];
}
