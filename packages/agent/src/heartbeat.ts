import { UNKNOWN_TIME } from "@heliograph/protocol";
import type { Declarations } from "./object-tree.ts";
import { periodicDelayMs } from "./periodic.ts";

export interface HeartbeatPolicy {
  readonly now: number;
  /** ReportingInterval, in seconds. */
  readonly interval: number;
  /** InitiationTime. */
  readonly reference: string;
  /** Milliseconds since 1970: the reference of a device that was given none, its own and random. */
  readonly ownReference: number;
}

const LEAST_INTERVAL_S = 30;
const DEFAULT_INTERVAL_S = 3_600;

/** [TR-181 Device.ManagementServer.HeartbeatPolicy.] */
export function heartbeatParameters(server: string): Declarations {
  const policy = `${server}HeartbeatPolicy.`;
  return {
    [`${policy}Enable`]: { type: "boolean", writable: true },
    [`${policy}ReportingInterval`]: {
      type: "unsignedInt",
      value: DEFAULT_INTERVAL_S,
      writable: true,
      check: tooOften,
    },
    [`${policy}InitiationTime`]: { type: "dateTime", writable: true },
  };
}

/**
 * Milliseconds until the next `14 HEARTBEAT`: devices whose ACS names no time spread theirs, so that they do not all come
 * at once [TR-181 HeartbeatPolicy].
 */
export function heartbeatDelayMs({ now, interval, reference, ownReference }: HeartbeatPolicy): number {
  const from = reference === UNKNOWN_TIME ? new Date(ownReference).toISOString() : reference;
  return periodicDelayMs({ now, interval, reference: from });
}

function tooOften(seconds: number): string | undefined {
  return seconds >= LEAST_INTERVAL_S ? undefined : `must be ${LEAST_INTERVAL_S} or more`;
}
