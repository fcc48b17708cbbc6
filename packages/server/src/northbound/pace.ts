import { setImmediate as nextRound } from "node:timers/promises";
import type { Clock } from "../ports/index.ts";

export interface PaceBounds {
  /** Turns that may be taken at once. */
  readonly atOnce: number;
  /** Turns that come back in a second. */
  readonly perSecond: number;
}

/** One that asks a question every half millisecond leaves nine tenths of the process to others. */
export const managerPace: PaceBounds = { atOnce: 300, perSecond: 1_000 };

/** Waiting for less is not worth a timer. */
const LEAST_WAIT_MS = 10;
const MOST_KNOWN = 1_000;

/** Turns of one who asks: many at once, and then as many in a second as leave others theirs. */
export class Pace {
  readonly #clock: Pick<Clock, "elapsed" | "after">;
  readonly #bounds: PaceBounds;
  /** When all turns that were taken have come back. */
  #fullAt = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Pick<Clock, "elapsed" | "after">, bounds: PaceBounds = managerPace) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** Whether nothing is known of it that a new one would not do as well. */
  get isIdle(): boolean {
    return this.#fullAt <= this.#clock.elapsed();
  }

  /** Takes turns; how long to wait until they have come, in the order in which they were taken. */
  take(turns = 1): number {
    const { atOnce, perSecond } = this.#bounds;
    const now = this.#clock.elapsed();
    this.#fullAt = Math.max(this.#fullAt, now) + (turns * 1_000) / perSecond;
    const waitMs = this.#fullAt - now - (atOnce * 1_000) / perSecond;
    return waitMs < LEAST_WAIT_MS ? 0 : waitMs;
  }

  /** Resolves once a turn has come; one of them in a round of the event loop, so that others are served between them. */
  turn(): Promise<void> {
    const waitMs = this.take();
    const before = this.#last;
    this.#last = this.#after(before, waitMs);
    return this.#last;
  }

  async #after(before: Promise<void>, waitMs: number): Promise<void> {
    await Promise.all([before, waitMs > 0 && this.#wait(waitMs)]);
    await nextRound();
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(waitMs, resolve);
    });
  }
}

/** The pace of each manager, by whichever door and however many connections they ask. */
export class ManagerPaces {
  readonly #clock: Pick<Clock, "elapsed" | "after">;
  readonly #bounds: PaceBounds;
  readonly #known = new Map<string, Pace>();

  constructor(clock: Pick<Clock, "elapsed" | "after">, bounds: PaceBounds = managerPace) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  of(manager: string): Pace {
    const known = this.#known.get(manager);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_KNOWN) this.#forgetIdle();
    const pace = new Pace(this.#clock, this.#bounds);
    this.#known.set(manager, pace);
    return pace;
  }

  #forgetIdle(): void {
    for (const [name, pace] of this.#known) if (pace.isIdle) this.#known.delete(name);
  }
}
