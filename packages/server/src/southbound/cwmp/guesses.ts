import type { Clock } from "../../ports/index.ts";
import { network } from "../address.ts";

export interface GuessBounds {
  /** Wrong answers that one network may give in a minute. */
  readonly each: number;
  /** Networks counted for themselves; those that come later in the same minute share one count. */
  readonly maxNetworks: number;
}

const WINDOW_MS = 60_000;
const defaultBounds: GuessBounds = { each: 30, maxNetworks: 10_000 };
const THE_OTHERS = "";

/**
 * Counts wrong answers that the shared first-contact secret might have made right, by the network they came from: an IPv4
 * address, or the 64 bits of IPv6 that one site has. They are forgotten from minute to minute.
 */
export class Guesses {
  readonly #clock: Clock;
  readonly #bounds: GuessBounds;
  readonly #counts = new Map<string, number>();
  #windowEnd = 0;

  constructor(clock: Clock, bounds: GuessBounds = defaultBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** How long no more answers from there are tried against the secret; 0 where they are. */
  blockedForMs(address: string): number {
    const now = this.#turn();
    const count = this.#counts.get(this.#keyOf(address)) ?? 0;
    return count < this.#bounds.each ? 0 : this.#windowEnd - now;
  }

  wrong(address: string): void {
    this.#turn();
    const key = this.#keyOf(address);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  #keyOf(address: string): string {
    const key = network(address);
    return this.#counts.has(key) || this.#counts.size < this.#bounds.maxNetworks ? key : THE_OTHERS;
  }

  /** Also where the clock jumped back. */
  #turn(): number {
    const now = this.#clock.now();
    if (now < this.#windowEnd && now >= this.#windowEnd - WINDOW_MS) return now;
    this.#windowEnd = now + WINDOW_MS;
    this.#counts.clear();
    return now;
  }
}
