import type { JsonObject } from "@heliograph/protocol";
import type { RecordReport, Report } from "../ports/index.ts";
import { eventName } from "./inform.ts";

/**
 * What a device reported by a request of its own, as an event that is stored before the request is answered. It is named
 * for the request, so that it cannot be taken for the Inform's event of the same words: `transfer-complete-report` follows
 * on `transfer-complete`.
 */
export function reportChange(report: Report): RecordReport {
  const { device, credentialVersion, at, method, params } = report;
  return {
    device,
    credentialVersion,
    reportKey: reportKey(report),
    events: [{ at, device, name: `${eventName(kebab(method))}-report`, data: { method, params } }],
  };
}

/**
 * A device repeats a report until it is answered, also in later sessions: what carries its own times is the same report
 * wherever it comes; the rest is only within one session.
 */
function reportKey({ method, params, connection }: Report): string {
  switch (method) {
    case "TransferComplete":
      return JSON.stringify([
        method,
        ...pick(params, ["CommandKey", "StartTime", "CompleteTime", "FaultStruct"]),
      ]);
    case "AutonomousTransferComplete":
    case "DUStateChangeComplete":
    case "AutonomousDUStateChangeComplete":
      return JSON.stringify([method, params]);
    default:
      return JSON.stringify([method, connection, params]);
  }
}

function pick(params: JsonObject, names: readonly string[]): readonly unknown[] {
  return names.map((name) => params[name] ?? "");
}

function kebab(method: string): string {
  return method.replace(/([a-z0-9])([A-Z])/g, "$1-$2");
}
