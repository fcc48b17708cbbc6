import { maySkip, type Requirement } from "./requirement.ts";

/** How often tests skipped, by the reason they gave. */
export type Skips = ReadonlyMap<string, number>;

/** The closing summary of what did not run, one line for each reason, the most frequent first. */
export function describeSkips(skips: Skips, requirement: Requirement): readonly string[] {
  const byCount = [...skips].sort(([, a], [, b]) => b - a);
  return byCount.map(([reason, count]) => {
    const refused = maySkip(requirement, reason) ? "" : `, refused by HELIOGRAPH_REQUIRE=${requirement}`;
    return `skipped ${count}: ${reason}${refused}`;
  });
}

/** Whether a skip was there that the run may not have. */
export function skippedTooMuch(skips: Skips, requirement: Requirement): boolean {
  return [...skips.keys()].some((reason) => !maySkip(requirement, reason));
}
