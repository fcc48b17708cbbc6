import type { Clock } from "../ports/index.ts";
import type { DeviceState, LiveConnection } from "./state.ts";

/** A device's state with the clock that its times are by. */
export interface Clocked {
  state: DeviceState | undefined;
  /** What {@link leadOf} gave when the state was last looked at. */
  lead: number;
}

/** A clock that is set forward or back moves by more than this at once; one that is slewed by less, and what it is off by waits. */
const JUMP_MS = 1_000;

/** By how much a clock is ahead of the time that passed; it changes where the clock is set. */
export function leadOf(clock: Clock): number {
  return clock.now() - clock.elapsed();
}

/** Puts the state's times by the clock as it is now, where that was set since. */
export function followClock(clocked: Clocked, clock: Clock): void {
  const jumpMs = jumpSince(clocked.lead, clock);
  if (jumpMs === 0) return;
  clocked.lead += jumpMs;
  clocked.state &&= afterJump(clocked.state, jumpMs);
}

/** By how much the clock jumped since its lead was that; 0 where it did not. */
export function jumpSince(lead: number, clock: Clock): number {
  const moved = leadOf(clock) - lead;
  return Math.abs(moved) < JUMP_MS ? 0 : moved;
}

/**
 * The state by the clock as it was set: what is waited for is as far away as it was before. Operations still end at the
 * time of day that they were given.
 */
export function afterJump(state: DeviceState, byMs: number): DeviceState {
  const { connection, graceUntil, owedUntil, wake } = state;
  const { last, nextAt } = wake;
  return {
    ...state,
    wake: {
      ...wake,
      ...(last === undefined ? {} : { last: { ...last, at: last.at + byMs } }),
      ...(nextAt === undefined ? {} : { nextAt: nextAt + byMs }),
    },
    ...(connection === undefined ? {} : { connection: moved(connection, byMs) }),
    ...(graceUntil === undefined ? {} : { graceUntil: graceUntil + byMs }),
    ...(owedUntil === undefined ? {} : { owedUntil: owedUntil + byMs }),
  };
}

function moved(connection: LiveConnection, byMs: number): LiveConnection {
  if (connection.transport !== "light" || connection.haltedUntil === undefined) return connection;
  return { ...connection, haltedUntil: connection.haltedUntil + byMs };
}
