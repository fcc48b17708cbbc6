import type { Activity } from "@heliograph/agent";
import { Counts, type Counted } from "./counts.ts";
import { spoken, type Spoken } from "./mix.ts";

/** How a fleet stands. */
export interface Progress extends Counted {
  /** Since the first device was switched on. */
  readonly elapsedMs: number;
  readonly devices: number;
  /** What went wrong, the most frequent first; what was brought about on purpose is among it. */
  readonly failures: readonly Failure[];
  /** The same of those that speak one and the same, as far as there are any. */
  readonly parts: readonly Part[];
}

export interface Part extends Counted {
  readonly speaks: Spoken;
}

export interface Failure {
  readonly reason: string;
  readonly count: number;
}

/** What is counted of one device. */
export interface DeviceTally {
  activity(activity: Activity): void;
  served(ms: number): void;
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
  readonly #all = new Counts();
  readonly #parts = new Map<Spoken, Counts>();
  #begunAt: number | undefined;
  #isClosed = false;

  constructor(devices: number, now: () => number) {
    this.#devices = devices;
    this.#now = now;
  }

  /** A device is switched on for the first time; `settled` is called once, when its first Inform is answered or failed. */
  started(speaks: Spoken, settled: () => void): DeviceTally {
    const startedAt = this.#now();
    this.#begunAt ??= startedAt;
    const counts = [this.#all, this.#part(speaks)];
    for (const each of counts) each.started += 1;
    const device = new CountedDevice(settled, {
      informed: () => counts.forEach((each) => each.informedAfter(this.#now() - startedAt)),
      attachedFirst: () => counts.forEach((each) => each.attachedAfter(this.#now() - startedAt)),
      attached: (change) => counts.forEach((each) => (each.attached += change)),
    });
    return {
      activity: (activity) => {
        for (const each of counts) each.activity(activity);
        if (activity.type === "session-failed" || activity.type === "detached") this.failed(activity.reason);
        device.activity(activity);
      },
      served: (ms) => counts.forEach((each) => each.servedIn(ms)),
      stopped: () => device.stopped(),
    };
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
      ...this.#all.counted(),
      failures: [...this.#failures]
        .map(([reason, count]) => ({ reason, count }))
        .toSorted((a, b) => b.count - a.count),
      parts: spoken.flatMap((speaks) => {
        const counts = this.#parts.get(speaks);
        return counts === undefined ? [] : [{ speaks, ...counts.counted() }];
      }),
    };
  }

  #part(speaks: Spoken): Counts {
    const counts = this.#parts.get(speaks) ?? new Counts();
    this.#parts.set(speaks, counts);
    return counts;
  }
}

interface Milestones {
  informed(): void;
  attachedFirst(): void;
  attached(change: 1 | -1): void;
}

/** How far one device has come. */
class CountedDevice implements Omit<DeviceTally, "served"> {
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
