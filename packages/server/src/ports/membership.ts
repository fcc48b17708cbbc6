import type { Bus, Subscription } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { EngineId } from "./ids.ts";
import { subjects, type Alive } from "./subjects.ts";

/** How often an engine says that it is there. */
export const ALIVE_MS = 2_000;
/** An engine that says nothing for so long is gone. */
export const SILENT_MS = 6_000;

/** The engines that there are, and when each was heard of last, in the reader's own {@link Clock.elapsed}. */
export type Members = ReadonlyMap<EngineId, number>;

/** So many that are gone are remembered; they do not come back under their names. */
const MOST_GONE = 1_000;

export const nobody: Members = new Map();

/** The members after an engine said something of itself. */
export function heardOf(members: Members, { engine, leaves }: Alive, at: number): Members {
  const next = new Map(members);
  if (leaves === true) next.delete(engine);
  else next.set(engine, at);
  return next;
}

/** The members without those that were silent for too long. */
export function withoutSilent(members: Members, at: number): Members {
  return new Map([...members].filter(([, heardAt]) => at - heardAt < SILENT_MS));
}

/** The members of a reader that heard nobody for a while because it stood still itself: none of them is to blame. */
export function afterStandstill(members: Members, at: number): Members {
  return new Map([...members.keys()].map((engine) => [engine, at] as const));
}

export interface EngineNews {
  /** `isBack`: it was thought to be gone, without having said so. */
  joined(engine: EngineId, isBack: boolean): void;
  left(engine: EngineId): void;
  /** The reader itself stood still for so long that others must have thought it gone. */
  stoodStill?(): void;
}

export interface EngineWatch extends Subscription {
  /** Those that there are now, in the order of their ids. */
  living(): readonly EngineId[];
  isLiving(engine: EngineId): boolean;
  /** Whether it said that it leaves, or nothing for too long. Of one that was never heard of nothing is known. */
  isGone(engine: EngineId): boolean;
  /** Somebody else says that this one is there. */
  add(engine: EngineId): void;
}

/** Reads off the bus which engines there are, and tells of each that comes and goes. */
export function watchEngines(
  { bus, clock }: { readonly bus: Bus; readonly clock: Clock },
  news: EngineNews,
): EngineWatch {
  let lookedAt = clock.elapsed();
  let members = nobody;
  const gone = new Map<EngineId, "left" | "silent">();

  function lose(engine: EngineId, how: "left" | "silent"): void {
    gone.set(engine, how);
    forgetOldest(gone);
    news.left(engine);
  }
  function hear(alive: Alive): void {
    const { engine } = alive;
    const wasThere = members.has(engine);
    members = heardOf(members, alive, clock.elapsed());
    const isThere = members.has(engine);
    if (wasThere && !isThere) lose(engine, "left");
    if (wasThere || !isThere) return;
    const isBack = gone.get(engine) === "silent";
    gone.delete(engine);
    news.joined(engine, isBack);
  }
  function look(): void {
    const now = clock.elapsed();
    const stoodStill = now - lookedAt >= SILENT_MS;
    lookedAt = now;
    timer = clock.after(ALIVE_MS, look);
    if (stoodStill) {
      members = afterStandstill(members, now);
      news.stoodStill?.();
      return;
    }
    const before = members;
    members = withoutSilent(members, now);
    for (const engine of before.keys()) {
      if (!members.has(engine)) lose(engine, "silent");
    }
  }

  const subscription = bus.subscribe(subjects.everyAlive, hear);
  let timer = clock.after(ALIVE_MS, look);
  return {
    living: () => [...members.keys()].sort(),
    isLiving: (engine) => members.has(engine),
    isGone: (engine) => gone.has(engine),
    add(engine) {
      hear({ engine });
    },
    unsubscribe() {
      subscription.unsubscribe();
      timer.cancel();
    },
  };
}

function forgetOldest(gone: Map<EngineId, unknown>): void {
  const [oldest] = gone.keys();
  if (oldest !== undefined && gone.size > MOST_GONE) gone.delete(oldest);
}
