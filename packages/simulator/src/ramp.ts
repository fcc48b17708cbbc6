/** How fast a fleet is switched on. */
export interface Ramp {
  readonly devices: number;
  /** Devices a second. */
  readonly rate: number;
  /** How many may be on their way to their first Inform at once: a slow ACS is not run over. */
  readonly concurrency: number;
}

export interface RampState {
  /** Since the ramp began. */
  readonly elapsedMs: number;
  readonly started: number;
  /** Of those, how many are on their way. */
  readonly starting: number;
}

/** How many devices are to be switched on now. */
export function dueNow({ devices, rate, concurrency }: Ramp, state: RampState): number {
  const { elapsedMs, started, starting } = state;
  const due = Math.min(devices, Math.floor((elapsedMs / 1000) * rate) + 1) - started;
  return Math.max(0, Math.min(due, concurrency - starting));
}

/** Milliseconds until the next device is due; undefined where all are on, or one must be off its way first. */
export function nextDueMs({ devices, rate, concurrency }: Ramp, state: RampState): number | undefined {
  const { elapsedMs, started, starting } = state;
  if (started >= devices || starting >= concurrency) return undefined;
  return Math.max(0, (started / rate) * 1000 - elapsedMs);
}
