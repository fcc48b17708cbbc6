import type { Clock } from "../ports/index.ts";

/** How fast devices come back that are sent away. */
export interface ReturnPace {
  readonly perSecond: number;
  /** However few they are: what they were sent away for takes a while to pass. */
  readonly leastSeconds: number;
}

/** As many as an ACS takes that has just started. */
export const usualPace: ReturnPace = { perSecond: 200, leastSeconds: 10 };

const MOST_SECONDS = 600;
/** Most of those who were sent away so long ago have come back. */
const FADING_MS = 30_000;

/** When devices come back that are sent away: the more they are, the wider they are strewn. */
export class Returns {
  readonly #clock: Pick<Clock, "elapsed">;
  /** How many are away, about; at that time. */
  #away = 0;
  #at = 0;

  constructor(clock: Pick<Clock, "elapsed">) {
    this.#clock = clock;
  }

  /** Counts one more; gives the seconds of which it stays away for a random part. */
  next(): number {
    const now = this.#clock.elapsed();
    this.#away = 1 + this.#away * Math.exp((this.#at - now) / FADING_MS);
    this.#at = now;
    return Math.min(MOST_SECONDS, strewnOver(this.#away, usualPace));
  }
}

/** The seconds of which each of so many devices stays away for a random part. */
export function strewnOver(devices: number, { perSecond, leastSeconds }: ReturnPace): number {
  return Math.max(leastSeconds, Math.ceil(devices / perSecond));
}
