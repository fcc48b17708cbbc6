const WINDOW_MS = 1_000;

/** Keeps connection requests to one target below a number a second, so that the ACS cannot be used to flood it. */
export class TargetRate {
  readonly #most: number;
  #window = 0;
  readonly #counts = new Map<string, number>();

  constructor(mostPerSecond: number) {
    this.#most = mostPerSecond;
  }

  /** Whether one more may go there now; counts it where it may. */
  admit(target: string, now: number): boolean {
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts.clear();
    }
    const count = this.#counts.get(target) ?? 0;
    if (count >= this.#most) return false;
    this.#counts.set(target, count + 1);
    return true;
  }
}
