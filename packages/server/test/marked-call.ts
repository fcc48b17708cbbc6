import { deviceRpc, type DeviceRequest, type JsonObject } from "@heliograph/protocol";

/** What the load asks of devices. */
export const markedMethods = [
  "GetParameterValues",
  "SetParameterValues",
  "AddObject",
  "Download",
  "Reboot",
  "X_F0F0F0_Chime",
] as const;
export type MarkedMethod = (typeof markedMethods)[number];

/** A call as REST takes it. */
export interface MarkedCall {
  readonly method: MarkedMethod;
  readonly params: JsonObject;
}

const MARKS = "Device.X_F0F0F0_Marks.";

/** A call that carries a mark by which the device's ledger and the operation can be compared. */
export function markedCall(method: MarkedMethod, mark: string): MarkedCall {
  switch (method) {
    case "GetParameterValues":
      return { method, params: { ParameterNames: [`${MARKS}${mark}`] } };
    case "SetParameterValues":
      return { method, params: { ParameterList: { [MARKS]: { Last: mark } }, ParameterKey: mark } };
    case "AddObject":
      return { method, params: { ObjectName: "Device.NAT.PortMapping.", ParameterKey: mark } };
    case "Download":
      return {
        method,
        params: { CommandKey: mark, FileType: "3 Vendor Configuration File", URL: "http://files/" },
      };
    case "Reboot":
      return { method, params: { CommandKey: mark } };
    case "X_F0F0F0_Chime":
      return { method, params: { Mark: mark } };
  }
}

/** The mark of a call that reached a device; empty where it carries none. */
export function markOf(request: DeviceRequest): string {
  switch (request.method) {
    case "GetParameterValues":
      return request.params.ParameterNames[0]?.slice(MARKS.length) ?? "";
    case "SetParameterValues":
    case "AddObject":
      return request.params.ParameterKey ?? "";
    case "Download":
    case "Reboot":
      return request.params.CommandKey ?? "";
    case "X_F0F0F0_Chime":
      return typeof request.params["Mark"] === "string" ? request.params["Mark"] : "";
    default:
      return "";
  }
}

/** Whether a device may run the call at most once, whatever is lost on the way; vendors' RPCs say nothing of themselves. */
export function mustRunOnce(method: string): boolean {
  return (deviceRpc(method)?.resend ?? "never") === "never";
}
