import type { Reachability } from "@heliograph/api";
import type { DeviceRecord, WakeResult } from "../ports/index.ts";

/** After these a device is expected to call. */
const WOKEN: readonly WakeResult[] = ["accepted", "busy"];

/**
 * Whether calls reach the device now, a connection request should bring it here, or its next Inform is waited for. A
 * classic session is over before anybody could make use of it, so it makes no device `connected`.
 */
export function reachability({ connection, facts, wake, lastInformAt = 0 }: DeviceRecord): Reachability {
  if (connection?.transport === "light" && connection.closed !== true) return "connected";
  if (facts.connectionRequestUrl === undefined) return "unreachable";
  const failed = wake.last !== undefined && wake.last.at >= lastInformAt && !WOKEN.includes(wake.last.result);
  return failed ? "unreachable" : "wakeable";
}
