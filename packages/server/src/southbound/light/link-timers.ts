import type { Clock, Timer } from "../../ports/index.ts";

/** `patience`: for a message; `beat`: until the next sign of life; `grace`: until an engine is found. */
type TimerName = "patience" | "beat" | "grace";

/** The timers of one connection: one of each name. */
export class LinkTimers {
  readonly #clock: Clock;
  readonly #running: Partial<Record<TimerName, Timer>> = {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces the one of that name. */
  start(name: TimerName, delayMs: number, action: () => void): void {
    this.stop(name);
    this.#running[name] = this.#clock.after(delayMs, action);
  }

  stop(name: TimerName): void {
    this.#running[name]?.cancel();
  }

  stopAll(): void {
    for (const timer of Object.values(this.#running)) timer.cancel();
  }
}
