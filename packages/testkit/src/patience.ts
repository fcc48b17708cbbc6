/**
 * How long a test waits, in real milliseconds, for what must come over a socket; then it fails and says for what. Long
 * beyond what anything takes that comes at all, also on a machine that is busy.
 */
export const PATIENCE_MS = 30_000;

/** What a test waited for did not come. */
export class WaitedInVainError extends Error {
  override readonly name = "WaitedInVainError";
  readonly code = "E_WAITED_IN_VAIN";
  constructor(what: string, patienceMs: number) {
    super(`waited ${patienceMs} ms in vain for ${what}`);
  }
}

/** A queue between what happens and the test that waits for it, in order. */
export class Arrivals<T> {
  readonly #what: string;
  readonly #patienceMs: number;
  readonly #arrived: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  constructor(what: string, patienceMs = PATIENCE_MS) {
    this.#what = what;
    this.#patienceMs = patienceMs;
  }

  /** How many arrived that nobody took yet. */
  get untaken(): number {
    return this.#arrived.length;
  }

  add(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#arrived.push(value);
    else waiting(value);
  }

  /** The next one. Rejects with WaitedInVainError. */
  async take(): Promise<T> {
    if (this.#arrived.length > 0) {
      const [value] = this.#arrived.splice(0, 1);
      if (value !== undefined) return value;
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(settle), 1);
        reject(new WaitedInVainError(this.#what, this.#patienceMs));
      }, this.#patienceMs);
      const settle = (value: T): void => {
        clearTimeout(timer);
        resolve(value);
      };
      this.#waiting.push(settle);
    });
  }
}
