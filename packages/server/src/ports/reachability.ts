import type { DeviceConnection, DeviceRecord, WakeResult } from "./records.ts";

export type Reachability = "connected" | "wakeable" | "unreachable";

/** What decides whether a device can be reached. */
export interface Reachable extends Pick<DeviceRecord, "facts" | "wake" | "lastInformAt"> {
  readonly connection?: Pick<DeviceConnection, "transport" | "closed">;
}

/** After these a device is expected to call. */
const WOKEN: readonly WakeResult[] = ["accepted", "sent", "busy"];
/** Who does not come within this time of datagrams was not reached by them [CWMP 1.4 3.2.2]. */
const UDP_PATIENCE_MS = 30_000;

/**
 * Whether calls reach the device now, a connection request should bring it here, or its next Inform is waited for. A
 * classic session is over before anybody could make use of it, so it makes no device `connected`.
 */
export function reachability(device: Reachable, now: number): Reachability {
  const { connection, facts, wake, lastInformAt = 0 } = device;
  if (connection?.transport === "light" && connection.closed !== true) return "connected";
  if (facts.connectionRequestUrl === undefined && wake.last?.result !== "sent") return "unreachable";
  const failed = wake.last !== undefined && wake.last.at >= lastInformAt && !WOKEN.includes(wake.last.result);
  return failed || isUnanswered(device, now) ? "unreachable" : "wakeable";
}

/** Whether datagrams were sent, and no Inform came for so long that none will come of them. */
export function isUnanswered({ wake: { last }, lastInformAt = 0 }: Reachable, now: number): boolean {
  return last?.result === "sent" && last.at >= lastInformAt && now - last.at >= UDP_PATIENCE_MS;
}
