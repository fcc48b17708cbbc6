const WINDOW_MS = 60_000;

/** Lines a minute: of one key, and of all keys together. */
export interface Quota {
  readonly each: number;
  readonly all: number;
}

/** Says which of many lines are written down, so that nobody outside can fill the log or the audit. */
export class LineQuota {
  readonly #quota: Quota;
  readonly #counts = new Map<string, number>();
  #windowEnd = 0;
  #written = 0;
  #unwritten = 0;

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  /** How many went unwritten since the last one that was written; undefined where this one is not written either. */
  admit(key: string, now: number): number | undefined {
    this.#turn(now);
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#quota.each || this.#written >= this.#quota.all) {
      this.#unwritten += 1;
      return undefined;
    }
    this.#counts.set(key, count + 1);
    this.#written += 1;
    const unwritten = this.#unwritten;
    this.#unwritten = 0;
    return unwritten;
  }

  /** Also where the clock jumped back. */
  #turn(now: number): void {
    if (now < this.#windowEnd && now >= this.#windowEnd - WINDOW_MS) return;
    this.#windowEnd = now + WINDOW_MS;
    this.#counts.clear();
    this.#written = 0;
  }
}
