const WINDOW_MS = 60_000;
/** Distinct addresses noted in one window. */
const MAX_PER_WINDOW = 60;

/**
 * Says which refusals are written down: each address once a minute, sixty in all, so that somebody who guesses passwords can
 * fill neither the log nor the audit.
 */
export class RefusalLog {
  #windowEnd = 0;
  readonly #addresses = new Set<string>();
  #unwritten = 0;

  /** How many went unwritten since the last one that was written; undefined where this one is not written either. */
  note(address: string, now: number): number | undefined {
    if (now >= this.#windowEnd || now < this.#windowEnd - WINDOW_MS) {
      this.#windowEnd = now + WINDOW_MS;
      this.#addresses.clear();
    }
    if (this.#addresses.has(address) || this.#addresses.size >= MAX_PER_WINDOW) {
      this.#unwritten += 1;
      return undefined;
    }
    this.#addresses.add(address);
    const unwritten = this.#unwritten;
    this.#unwritten = 0;
    return unwritten;
  }
}
