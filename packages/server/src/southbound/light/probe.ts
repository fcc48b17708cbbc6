import type { Clock, Timer } from "../../ports/index.ts";

/** A device is asked for a sign of life. */
export class Probe {
  readonly #timer: Timer;
  readonly #answered = Promise.withResolvers<boolean>();

  /** `onSilent`: it gave none in time. */
  constructor(clock: Clock, timeoutMs: number, onSilent: () => void) {
    this.#timer = clock.after(timeoutMs, onSilent);
  }

  /** Whether it gave one. */
  get answered(): Promise<boolean> {
    return this.#answered.promise;
  }

  end(isAlive: boolean): void {
    this.#timer.cancel();
    this.#answered.resolve(isAlive);
  }
}
