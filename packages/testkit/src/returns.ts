/** How a fleet came back. */
export interface Return {
  /** Seconds from the beginning until each was in again, the earliest first. */
  readonly seconds: readonly number[];
  /** Openings in the busiest second, refused ones included; those that nobody heard are not. */
  readonly peak: number;
  /** How often sockets were lost, or not opened, by close codes and HTTP statuses. */
  readonly losses: ReadonlyMap<number, number>;
}

/** Writes down who of a fleet is lost, and when they are in again. */
export class Returns {
  readonly #size: number;
  readonly #in = new Map<object, number>();
  readonly #openings = new Map<number, number>();
  readonly #losses = new Map<number, number>();
  #beganAt = performance.now();
  #over = Promise.withResolvers<undefined>();

  constructor(size: number) {
    this.#size = size;
  }

  /** From now on nobody counts as in who was not lost first. */
  begin(): void {
    for (const counted of [this.#in, this.#openings, this.#losses]) counted.clear();
    this.#beganAt = performance.now();
    this.#over = Promise.withResolvers();
  }

  /** Resolves once everybody was lost, and all are in again. */
  async all(): Promise<Return> {
    await this.#over.promise;
    return {
      seconds: [...this.#in.values()].toSorted((one, other) => one - other),
      peak: Math.max(...this.#openings.values()),
      losses: new Map(this.#losses),
    };
  }

  isIn(guest: object): void {
    this.#opened();
    this.#in.set(guest, this.#seconds());
    if (this.#in.size === this.#size) this.#over.resolve(undefined);
  }

  /** `how` is a close code, or an HTTP status. */
  lost(guest: object, how: number): void {
    const isStatus = how < 1_000;
    if (isStatus) this.#opened();
    count(this.#losses, how);
    this.#in.delete(guest);
  }

  #opened(): void {
    count(this.#openings, Math.floor(this.#seconds()));
  }

  #seconds(): number {
    return (performance.now() - this.#beganAt) / 1_000;
  }
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
