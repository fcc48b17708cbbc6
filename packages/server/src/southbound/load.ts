/** How the ACS keeps up at one moment. */
export interface Load {
  /** Sessions and connections that somebody is opening: the engine or the store has not answered for them yet. */
  readonly opening: number;
  /** How many of them have waited for long. */
  readonly late: number;
  readonly loop: LoopSample;
}

/** How a process kept up with its events over a stretch of time. */
export interface LoopSample {
  /** By how much its event loop came late, on average. */
  readonly lagMs: number;
  /** The part of the time it was at work, 0 to 1. */
  readonly utilization: number;
}

/** What is too much. Below half of everything it is enough again: so the door does not swing with every newcomer. */
export interface LoadBounds {
  readonly maxOpening: number;
  /** Not one: whoever can make one wait must not shut the door for all. */
  readonly maxLate: number;
  /** Counts only where the loop is at work nearly all the time: one that sleeps is late because others have the machine. */
  readonly maxLagMs: number;
}

export const defaultLoadBounds: LoadBounds = { maxOpening: 1_000, maxLate: 50, maxLagMs: 500 };

/** Who has waited for so long waits for long. */
export const LATE_MS = 3_000;

export type LoadState =
  | { readonly name: "taking" }
  /** Newcomers are sent away, since that time. */
  | { readonly name: "refusing"; readonly since: number };

export type Verdict =
  { readonly type: "admit" } | { readonly type: "refuse"; readonly retryAfterSeconds: number };

const BUSY = 0.9;
const SHORTEST_RETRY_SECONDS = 5;
const LONGEST_SPREAD_SECONDS = 600;

/** Whether newcomers are let in from now on; who runs or stands already is never asked. */
export function decideLoad(state: LoadState, { load, now }: LoadLook, bounds: LoadBounds): LoadState {
  const borne = state.name === "taking" ? 1 : 0.5;
  if (!isOver(load, bounds, borne)) return { name: "taking" };
  return state.name === "taking" ? { name: "refusing", since: now } : state;
}

export interface LoadLook {
  readonly load: Load;
  readonly now: number;
}

/** When somebody is to come again who is sent away. */
export interface SentAway {
  /** For how long newcomers have been sent away. */
  readonly refusingForMs: number;
  /** Over how many seconds those are strewn who are sent away. */
  readonly spreadSeconds: number;
  /** Uniform in [0, 1). */
  readonly chance: number;
}

/** The longer the ACS refuses, the wider devices are strewn: something is wrong that their coming does not mend. */
export function retryAfterSeconds({ refusingForMs, spreadSeconds, chance }: SentAway): number {
  const spread = Math.min(LONGEST_SPREAD_SECONDS, Math.max(spreadSeconds, refusingForMs / 1_000));
  return SHORTEST_RETRY_SECONDS + Math.floor(chance * spread);
}

function isOver({ opening, late, loop }: Load, bounds: LoadBounds, borne: number): boolean {
  const { maxOpening, maxLate, maxLagMs } = bounds;
  const isLate = loop.lagMs >= borne * maxLagMs && loop.utilization >= BUSY;
  return opening >= borne * maxOpening || late >= borne * maxLate || isLate;
}
