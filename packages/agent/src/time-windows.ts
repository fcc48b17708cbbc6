import type { DeviceParams } from "@heliograph/protocol";
import { TransferError } from "./transfer.ts";

export type TimeWindow = DeviceParams<"ScheduleDownload">["TimeWindowList"][number];

/** Time as what happens within windows needs it. */
export interface WindowTime {
  /** When the windows were asked for, in milliseconds since 1970: they count from there. */
  readonly asked: number;
  readonly now: () => number;
  readonly pause: (delayMs: number) => Promise<void>;
}

/** How often a device tries again in a window whose number of retries is left to it. */
const OWN_RETRIES = 3;
const RETRY_MS = 10_000;

/** Why windows cannot be kept to; undefined where they can [CWMP 1.4 A.4.1.8]. */
export function windowRefusal(windows: readonly TimeWindow[]): string | undefined {
  const ordered = inOrder(windows);
  if (ordered.some(({ WindowStart, WindowEnd }) => WindowStart >= WindowEnd))
    return "a window ends before it starts";
  const overlaps = ordered.some(({ WindowStart }, at) => WindowStart < (ordered[at - 1]?.WindowEnd ?? 0));
  return overlaps ? "windows overlap" : undefined;
}

/**
 * Tries until it goes well: in each window once and as often again as it says, as long as the window is open. Rejects with
 * what the last try ended with, or with 9020 where the windows were over first.
 */
export async function withinWindows(
  attempt: () => Promise<void>,
  windows: readonly TimeWindow[],
  { asked, now, pause }: WindowTime,
): Promise<void> {
  let failure: unknown;
  for (const { WindowStart, WindowEnd, MaxRetries } of inOrder(windows)) {
    const tries = 1 + (MaxRetries < 0 ? OWN_RETRIES : MaxRetries);
    const opensInMs = asked + WindowStart * 1000 - now();
    if (opensInMs > 0) await pause(opensInMs);
    for (let done = 0; done < tries; done++) {
      if (done > 0) await pause(RETRY_MS);
      if (now() >= asked + WindowEnd * 1000) {
        failure = new TransferError(9020);
        break;
      }
      try {
        await attempt();
        return;
      } catch (error) {
        failure = error;
      }
    }
  }
  throw failure;
}

/** Seconds until the first of them opens. */
export function firstStart(windows: readonly TimeWindow[]): number {
  return Math.min(...windows.map(({ WindowStart }) => WindowStart));
}

function inOrder(windows: readonly TimeWindow[]): readonly TimeWindow[] {
  return windows.toSorted((one, other) => one.WindowStart - other.WindowStart);
}
