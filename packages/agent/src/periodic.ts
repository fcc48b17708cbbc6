import { isDateTime, UNKNOWN_TIME } from "@heliograph/protocol";

export interface PeriodicSchedule {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** PeriodicInformInterval, in seconds. */
  readonly interval: number;
  /** PeriodicInformTime: a moment from which the intervals count, in the past or in the future. */
  readonly reference: string;
}

/** Milliseconds until the next periodic Inform: a whole number of intervals from the reference, if there is one. */
export function periodicDelayMs({ now, interval, reference }: PeriodicSchedule): number {
  const intervalMs = interval * 1000;
  if (reference === UNKNOWN_TIME || !isDateTime(reference)) return intervalMs;
  const past = (now - Date.parse(reference)) % intervalMs;
  return past < 0 ? -past : intervalMs - past;
}
