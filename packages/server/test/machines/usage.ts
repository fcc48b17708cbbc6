import { cpus } from "node:os";
import { cpuMs, familyOf, ownKb } from "./process-figures.ts";

/** What a process took of its machine, over all of its lives. */
export interface Usage {
  readonly name: string;
  readonly cpuSeconds: number;
  /** The most of its own memory at once. */
  readonly mostMb: number;
}

interface Gauge {
  pid: number;
  cpuMs: number;
  spentMs: number;
  mostKb: number;
}

const LOOK_MS = 2_000;

/** Looks every few seconds what processes take, as what is killed takes its figures with it. */
export class UsageWatch implements Disposable {
  readonly #pids: () => ReadonlyMap<string, number | undefined>;
  readonly #gauges = new Map<string, Gauge>();
  readonly #looking: NodeJS.Timeout;

  /** `pids`: of the processes that run now; what their children take counts as theirs, but for children of this process. */
  constructor(pids: () => ReadonlyMap<string, number | undefined>) {
    this.#pids = pids;
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Until now. */
  get usages(): readonly Usage[] {
    this.#look();
    return [...this.#gauges].map(([name, { spentMs, mostKb }]) => {
      return { name, cpuSeconds: spentMs / 1_000, mostMb: mostKb / 1_024 };
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking);
  }

  #look(): void {
    for (const [name, pid] of this.#pids()) if (pid !== undefined) this.#lookAt(name, pid);
  }

  #lookAt(name: string, pid: number): void {
    const family = pid === process.pid ? [pid] : familyOf(pid);
    const now = family.reduce((sum, one) => sum + cpuMs(one), 0);
    const kb = family.reduce((sum, one) => sum + ownKb(one), 0);
    const { pid: lastPid, cpuMs: last, spentMs, mostKb } = this.#gauges.get(name) ?? { ...NOTHING, pid };
    const more = pid === lastPid ? Math.max(0, now - last) : now;
    this.#gauges.set(name, { pid, cpuMs: now, spentMs: spentMs + more, mostKb: Math.max(mostKb, kb) });
  }
}

const NOTHING = { cpuMs: 0, spentMs: 0, mostKb: 0 };

/** Milliseconds that all cores of this machine have been busy so far, and that they had. */
export interface Busy {
  readonly busyMs: number;
  readonly allMs: number;
}

export function busyNow(): Busy {
  const times = cpus().map((core) => core.times);
  const idleMs = times.reduce((sum, { idle }) => sum + idle, 0);
  const allMs = times.reduce((sum, all) => sum + all.user + all.nice + all.sys + all.idle + all.irq, 0);
  return { busyMs: allMs - idleMs, allMs };
}

/** How much of all cores was busy meanwhile, whoever kept them so; 1 is all of it. */
export function busyBetween(before: Busy, after: Busy): number {
  return (after.busyMs - before.busyMs) / Math.max(1, after.allMs - before.allMs);
}
