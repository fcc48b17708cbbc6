import type { Activity } from "@heliograph/agent";
import { Histogram, type Percentiles } from "./histogram.ts";

/** In milliseconds; left out where there is nothing to tell of. */
export interface Latencies {
  /** From being switched on to the end of the first session. */
  readonly informed?: Percentiles;
  /** From being switched on to being attached for the first time. */
  readonly attached?: Percentiles;
  /** From an RPC that reads or writes parameters to its answer. */
  readonly served?: Percentiles;
}

/** What some devices did, and how fast. */
export interface Counted {
  /** Devices that were switched on. */
  readonly started: number;
  /** Devices whose first Inform was answered. */
  readonly informed: number;
  /** Devices that are attached now. */
  readonly attached: number;
  /** Classic sessions that ended well. */
  readonly sessions: number;
  /** Informs that were answered over light connections. */
  readonly informs: number;
  /** RPCs of the ACS that were served, those answered with a fault included. */
  readonly rpcs: number;
  readonly latencies: Latencies;
}

/** Counts what some devices do. */
export class Counts {
  started = 0;
  attached = 0;
  readonly #informedAfter = new Histogram();
  readonly #attachedAfter = new Histogram();
  readonly #servedIn = new Histogram();
  #informed = 0;
  #sessions = 0;
  #informs = 0;
  #rpcs = 0;

  activity({ type }: Activity): void {
    if (type === "session-ended") this.#sessions += 1;
    if (type === "informed") this.#informs += 1;
    if (type === "rpc-served") this.#rpcs += 1;
  }

  informedAfter(ms: number): void {
    this.#informed += 1;
    this.#informedAfter.add(ms);
  }

  attachedAfter(ms: number): void {
    this.#attachedAfter.add(ms);
  }

  servedIn(ms: number): void {
    this.#servedIn.add(ms);
  }

  counted(): Counted {
    return {
      started: this.started,
      informed: this.#informed,
      attached: this.attached,
      sessions: this.#sessions,
      informs: this.#informs,
      rpcs: this.#rpcs,
      latencies: {
        ...named("informed", this.#informedAfter),
        ...named("attached", this.#attachedAfter),
        ...named("served", this.#servedIn),
      },
    };
  }
}

function named(name: keyof Latencies, histogram: Histogram): Latencies {
  const percentiles = histogram.percentiles();
  return percentiles === undefined ? {} : { [name]: percentiles };
}
