import type { WakeOutcome, WakeStatus } from "../ports/index.ts";

/** A device has this long to open a session after it accepted a connection request [CWMP 1.4 3.2.2]. */
const SHORTEST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Where our own limits held a request back, the device was not troubled and need not be left alone. */
const HELD_BACK_PAUSE_MS = 1_000;

/** Nothing was sent, or the device has opened a session since. */
export const rested: WakeStatus = { attempts: 0 };

/**
 * When the next connection request may go out while work waits: at once where the device has come since the last one,
 * else after a pause that doubles. Undefined where asking again cannot help before the device informs by itself.
 */
export function nextWakeAt(wake: WakeStatus, now: number): number | undefined {
  if (wake.attempts === 0 || wake.last === undefined) return now;
  if (wake.last.result === "impossible" || wake.last.result === "forbidden") return undefined;
  const doubled = Math.min(SHORTEST_PAUSE_MS * 2 ** (wake.attempts - 1), LONGEST_PAUSE_MS);
  // One that lies ahead is from before the clock was set back.
  const asked = Math.min(wake.last.at, now);
  return Math.max(now, asked + (isHeldBack(wake.last) ? HELD_BACK_PAUSE_MS : doubled));
}

/** A device that is busy says so with a status; without one nobody was asked. */
function isHeldBack({ result, status }: WakeOutcome): boolean {
  return result === "busy" && status === undefined;
}

/** The status after one more request. */
export function afterWake(wake: WakeStatus, outcome: WakeOutcome): WakeStatus {
  return { attempts: wake.attempts + 1, last: outcome };
}

/** The status with the time of the next request, where there is one. */
export function planned(wake: WakeStatus, nextAt: number | undefined): WakeStatus {
  const { nextAt: _, ...rest } = wake;
  return nextAt === undefined ? rest : { ...rest, nextAt };
}
