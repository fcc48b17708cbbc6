import type { Activity } from "@heliograph/agent";
import { Histogram, type Percentiles } from "./histogram.ts";

/** How a fleet stands. */
export interface Progress {
  /** Since the first device was switched on. */
  readonly elapsedMs: number;
  readonly devices: number;
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
  /** What went wrong, the most frequent first; what was brought about on purpose is among it. */
  readonly failures: readonly Failure[];
  readonly latencies: Latencies;
}

export interface Failure {
  readonly reason: string;
  readonly count: number;
}

/** In milliseconds; left out where there is nothing to tell of. */
export interface Latencies {
  /** From being switched on to the end of the first session. */
  readonly informed?: Percentiles;
  /** From being switched on to being attached for the first time. */
  readonly attached?: Percentiles;
  /** From an RPC that reads or writes parameters to its answer. */
  readonly served?: Percentiles;
}

/** What is counted of one device. */
export interface DeviceTally {
  activity(activity: Activity): void;
  /** It was switched off: what it was, it is no more. */
  stopped(): void;
}

/** Reasons beyond these are counted together, so that no ACS can make us keep more. */
const MAX_REASONS = 50;
const OTHER_REASONS = "other reasons";

/** Counts what the devices of a fleet do. */
export class Tally {
  readonly #now: () => number;
  readonly #devices: number;
  readonly #failures = new Map<string, number>();
  readonly #informedAfter = new Histogram();
  readonly #attachedAfter = new Histogram();
  readonly #servedIn = new Histogram();
  #begunAt: number | undefined;
  #started = 0;
  #informed = 0;
  #attached = 0;
  #sessions = 0;
  #informs = 0;
  #rpcs = 0;
  #isClosed = false;

  constructor(devices: number, now: () => number) {
    this.#devices = devices;
    this.#now = now;
  }

  /** A device is switched on for the first time; `settled` is called once, when its first Inform is answered or failed. */
  started(settled: () => void): DeviceTally {
    const startedAt = this.#now();
    this.#begunAt ??= startedAt;
    this.#started += 1;
    const device = new CountedDevice(settled, {
      informed: () => {
        this.#informed += 1;
        this.#informedAfter.add(this.#now() - startedAt);
      },
      attachedFirst: () => this.#attachedAfter.add(this.#now() - startedAt),
      attached: (change) => {
        this.#attached += change;
      },
    });
    return {
      activity: (activity) => {
        this.#count(activity);
        device.activity(activity);
      },
      stopped: () => device.stopped(),
    };
  }

  served(ms: number): void {
    this.#servedIn.add(ms);
  }

  /** What comes from now on is the end, and counts no more. */
  close(): void {
    this.#isClosed = true;
  }

  failed(reason: string): void {
    if (this.#isClosed) return;
    const isRoom = this.#failures.has(reason) || this.#failures.size < MAX_REASONS;
    const kept = isRoom ? reason : OTHER_REASONS;
    this.#failures.set(kept, (this.#failures.get(kept) ?? 0) + 1);
  }

  progress(): Progress {
    return {
      elapsedMs: this.#begunAt === undefined ? 0 : this.#now() - this.#begunAt,
      devices: this.#devices,
      started: this.#started,
      informed: this.#informed,
      attached: this.#attached,
      sessions: this.#sessions,
      informs: this.#informs,
      rpcs: this.#rpcs,
      failures: [...this.#failures]
        .map(([reason, count]) => ({ reason, count }))
        .toSorted((a, b) => b.count - a.count),
      latencies: {
        ...named("informed", this.#informedAfter),
        ...named("attached", this.#attachedAfter),
        ...named("served", this.#servedIn),
      },
    };
  }

  #count(activity: Activity): void {
    switch (activity.type) {
      case "session-ended":
        this.#sessions += 1;
        break;
      case "informed":
        this.#informs += 1;
        break;
      case "rpc-served":
        this.#rpcs += 1;
        break;
      case "session-failed":
      case "detached":
        this.failed(activity.reason);
        break;
      default:
        break;
    }
  }
}

interface Milestones {
  informed(): void;
  attachedFirst(): void;
  attached(change: 1 | -1): void;
}

/** How far one device has come. */
class CountedDevice implements DeviceTally {
  readonly #settled: () => void;
  readonly #milestones: Milestones;
  #isSettled = false;
  #isInformed = false;
  #wasAttached = false;
  #isAttached = false;

  constructor(settled: () => void, milestones: Milestones) {
    this.#settled = settled;
    this.#milestones = milestones;
  }

  activity({ type }: Activity): void {
    switch (type) {
      case "session-ended":
      case "informed":
        this.#inform();
        this.#settle();
        break;
      case "session-failed":
        this.#settle();
        break;
      case "attached":
        this.#attach();
        break;
      case "detached":
      case "restarting":
        this.stopped();
        break;
      default:
        break;
    }
  }

  stopped(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#milestones.attached(-1);
  }

  #inform(): void {
    if (this.#isInformed) return;
    this.#isInformed = true;
    this.#milestones.informed();
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#settled();
  }

  #attach(): void {
    if (this.#isAttached) return;
    this.#isAttached = true;
    this.#milestones.attached(1);
    if (this.#wasAttached) return;
    this.#wasAttached = true;
    this.#milestones.attachedFirst();
  }
}

function named(name: keyof Latencies, histogram: Histogram): Latencies {
  const percentiles = histogram.percentiles();
  return percentiles === undefined ? {} : { [name]: percentiles };
}
