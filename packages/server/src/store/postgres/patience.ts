import { setTimeout as passed } from "node:timers/promises";
import { LostConnectionError } from "./failure.ts";

const AGAIN_MS = 200;

/**
 * Rides out that the database cannot be reached: what was asked is asked again until it can, or has not been for so long
 * that somebody should know. From then on each is asked once, and rejects with {@link LostConnectionError} at once.
 */
export class Patience {
  readonly #ms: number;
  #lostAt: number | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** What is asked twice must come to the same. */
  async until<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const value = await ask();
        this.#lostAt = undefined;
        return value;
      } catch (error) {
        if (!(error instanceof LostConnectionError)) throw error;
        const now = performance.now();
        this.#lostAt ??= now;
        if (now - this.#lostAt >= this.#ms) throw error;
        await passed(AGAIN_MS);
      }
    }
  }
}
