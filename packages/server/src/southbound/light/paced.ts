/** So many are dealt with at once: whoever does the work, and the store behind, serve others meanwhile. */
const MOST_AT_ONCE = 64;

/** Deals with each of many things, at the pace at which that is done; what comes twice while it waits is dealt with once. */
export class Paced<T> {
  readonly #deal: (thing: T) => Promise<void>;
  readonly #waiting = new Set<T>();
  #running = 0;

  /** `deal` never rejects. */
  constructor(deal: (thing: T) => Promise<void>) {
    this.#deal = deal;
  }

  take(things: Iterable<T>): void {
    for (const thing of things) this.#waiting.add(thing);
    this.#go();
  }

  /** Forgets those that wait. */
  stop(): void {
    this.#waiting.clear();
  }

  #go(): void {
    for (const thing of this.#waiting) {
      if (this.#running >= MOST_AT_ONCE) return;
      this.#waiting.delete(thing);
      this.#running += 1;
      void this.#deal(thing).finally(() => {
        this.#running -= 1;
        this.#go();
      });
    }
  }
}
