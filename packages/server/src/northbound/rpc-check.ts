import type { Call } from "@heliograph/api";
import { decodeDeviceRequest } from "@heliograph/protocol";
import type { DeviceCall } from "../ports/index.ts";
import { refuseInput, type Refusal } from "./refusal.ts";

/** The calls as they go on the bus, or why one of them cannot be sent; `at` says where in the body each stands. */
export function checkCalls(
  calls: readonly Call[],
  at: (index: number) => string,
): readonly DeviceCall[] | Refusal {
  const checked: DeviceCall[] = [];
  for (const [index, { method, params = {} }] of calls.entries()) {
    const decoded = decodeDeviceRequest(method, params);
    if (!decoded.ok) {
      const { problem } = decoded;
      const place = problem.reason === "unknown-method" ? "$.method" : problem.at;
      return refuseInput("invalid-rpc", [
        { at: place.replace("$", () => at(index)), detail: problem.detail },
      ]);
    }
    checked.push({ method, params });
  }
  return checked;
}
