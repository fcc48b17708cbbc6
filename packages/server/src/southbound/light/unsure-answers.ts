import { ALIVE_MS, SILENT_MS } from "../../ports/index.ts";
import type { EndedCall } from "../../ports/index.ts";

/** After so long an engine that was handed something has stored it, or is known to be gone. */
const SURE_AFTER_MS = SILENT_MS + 2 * ALIVE_MS;
/** A device is called at most so often meanwhile that one would need more. */
const MOST = 256;

interface Unsure {
  readonly ended: EndedCall;
  readonly at: number;
}

/** Answers of which it is not sure that an engine stored them, the oldest first. */
export class UnsureAnswers {
  #kept: readonly Unsure[] = [];

  get all(): readonly EndedCall[] {
    return this.#kept.map(({ ended }) => ended);
  }

  add(ended: EndedCall, at: number): void {
    this.#kept = [...this.#kept.slice(1 - MOST), { ended, at }];
  }

  /** Forgets those that are sure by now; gives how many are left. */
  forget(now: number): number {
    this.#kept = this.#kept.filter(({ at }) => now - at < SURE_AFTER_MS);
    return this.#kept.length;
  }
}
