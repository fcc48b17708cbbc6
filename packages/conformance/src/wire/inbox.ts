/** The longest that a timer is set for. */
const LONG_MS = 3_600_000;

/** What came, in order, for one reader. */
export class Inbox<T> {
  readonly #waiting: T[] = [];
  #reader: ((value: T) => void) | undefined;

  add(value: T): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#waiting.push(value);
    else reader(value);
  }

  /** The next one, waited for as long as it takes. */
  async next(): Promise<T> {
    for (;;) {
      const value = await this.take(LONG_MS);
      if (value !== undefined) return value;
    }
  }

  /** The next one, or undefined where none has come by then. */
  async take(waitMs: number): Promise<T | undefined> {
    if (this.#waiting.length > 0) return this.#waiting.shift();
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    this.#reader = resolve;
    const timer = setTimeout(() => {
      if (this.#reader === resolve) this.#reader = undefined;
      resolve(undefined);
    }, waitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
