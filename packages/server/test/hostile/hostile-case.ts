import type { Attacker } from "./attacker.ts";

/** One thing that somebody hostile does to a running server, and what must come of it. */
export interface HostileCase {
  readonly name: string;
  /** Does it, and says what it got. */
  readonly attack: (attacker: Attacker) => Promise<string>;
  readonly expected: string | RegExp;
  /** Goes on beside the others, since what it waits for takes long. */
  readonly lasting?: true;
}

export function isExpected({ expected }: HostileCase, got: string): boolean {
  return typeof expected === "string" ? got === expected : expected.test(got);
}

/** How often each outcome came: `3 × 401`. */
export function tally(outcomes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const sorted = [...counts].toSorted(([one], [other]) => one.localeCompare(other));
  return sorted.map(([outcome, count]) => `${count} × ${outcome}`).join("; ");
}
