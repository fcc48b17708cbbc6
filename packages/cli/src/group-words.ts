import type { DeviceEvent, Group, JsonValue } from "@heliograph/api";

/** How far the counting has come; nothing where there is none. */
export function groupStanding({ counting }: Group): readonly string[] {
  return counting === undefined ? [] : [`being counted: ${counting.counted} of ${counting.of} devices`];
}

const REASONS: Readonly<Record<string, string>> = {
  enrolled: "it came in",
  removed: "it was removed",
  expression: "the expression is new",
  time: "time went by",
  restart: "the ACS was started",
};

/** Why a device joined or left, in a few words. */
export function groupReason({ data }: DeviceEvent): string {
  const { facts, because } = data;
  if (Array.isArray(facts)) return facts.map(factWords).join("; ");
  return typeof because === "string" ? (REASONS[because] ?? because) : "";
}

function factWords(change: JsonValue): string {
  if (typeof change !== "object" || change === null || !("fact" in change)) return JSON.stringify(change);
  const { fact, from, to } = change;
  return `${valueWords(fact)} ${from === undefined ? "was not known" : `was ${valueWords(from)}`}, is ${
    to === undefined ? "not known any more" : valueWords(to)
  }`;
}

function valueWords(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
