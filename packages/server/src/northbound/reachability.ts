import type { Reachability } from "@heliograph/api";
import type { DeviceRecord, WakeResult } from "../ports/index.ts";

/** After these a device is expected to call. */
const WOKEN: readonly WakeResult[] = ["accepted", "sent", "busy"];
/** Who does not come within this time of datagrams was not reached by them [CWMP 1.4 3.2.2]. */
const UDP_PATIENCE_MS = 30_000;

/**
 * Whether calls reach the device now, a connection request should bring it here, or its next Inform is waited for. A
 * classic session is over before anybody could make use of it, so it makes no device `connected`.
 */
export function reachability(device: DeviceRecord, now: number): Reachability {
  const { connection, facts, wake, lastInformAt = 0 } = device;
  if (connection?.transport === "light" && connection.closed !== true) return "connected";
  if (facts.connectionRequestUrl === undefined && wake.last?.result !== "sent") return "unreachable";
  const failed = wake.last !== undefined && wake.last.at >= lastInformAt && !WOKEN.includes(wake.last.result);
  return failed || isUnanswered(device, now) ? "unreachable" : "wakeable";
}

/** Whether datagrams were sent, and no Inform came for so long that none will come of them. */
export function isUnanswered({ wake: { last }, lastInformAt = 0 }: DeviceRecord, now: number): boolean {
  return last?.result === "sent" && last.at >= lastInformAt && now - last.at >= UDP_PATIENCE_MS;
}
