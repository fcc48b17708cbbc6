/** A duration in milliseconds that so many of a hundred do not exceed. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Neighbouring buckets differ by this factor: a percentile is at most so much too high. */
const GROWTH = 1.02;
const SMALLEST_MS = 0.001;
/** From a microsecond to a day; what is longer counts as that. */
const BUCKETS = 1_280;

/** Durations in buckets: any number of them takes the same room, and a percentile is right to two in a hundred. */
export class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH));
    const index = Math.min(bucket, BUCKETS - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, ms);
  }

  /** Undefined while there is nothing to tell of. */
  percentiles(): Percentiles | undefined {
    if (this.#count === 0) return undefined;
    return {
      count: this.#count,
      p50: this.#percentile(0.5),
      p95: this.#percentile(0.95),
      p99: this.#percentile(0.99),
      max: this.#max,
    };
  }

  #percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [index, count] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0) return Math.min(SMALLEST_MS * GROWTH ** index, this.#max);
    }
    return this.#max;
  }
}
