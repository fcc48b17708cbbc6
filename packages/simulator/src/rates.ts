import type { Progress } from "./tally.ts";

/** So many a second, over a stretch of time. */
export interface Rates {
  readonly started: number;
  readonly sessions: number;
  readonly informs: number;
  readonly rpcs: number;
}

/** What went on between two looks at a fleet; with one, since its beginning. */
export function ratesBetween(later: Progress, earlier?: Progress): Rates {
  const seconds = (later.elapsedMs - (earlier?.elapsedMs ?? 0)) / 1000;
  const rate = (name: keyof Rates): number =>
    seconds > 0 ? (later[name] - (earlier?.[name] ?? 0)) / seconds : 0;
  return {
    started: rate("started"),
    sessions: rate("sessions"),
    informs: rate("informs"),
    rpcs: rate("rpcs"),
  };
}
