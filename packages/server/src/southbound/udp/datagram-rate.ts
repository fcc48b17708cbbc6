import { network } from "../address.ts";
import { TargetRate } from "../wake/target-rate.ts";

/** Datagrams a second: from one address (of IPv6: one /64), and from all together. */
export interface DatagramQuota {
  readonly each: number;
  readonly all: number;
}

/** Says which of many datagrams are looked at, so that a flood costs little more than its receipt. */
export class DatagramRate {
  readonly #each: TargetRate;
  readonly #all: TargetRate;

  constructor({ each, all }: DatagramQuota) {
    this.#each = new TargetRate(each);
    this.#all = new TargetRate(all);
  }

  /** The address in plain form. */
  admit(address: string, now: number): boolean {
    return this.#each.admit(network(address), now) && this.#all.admit("all", now);
  }
}
