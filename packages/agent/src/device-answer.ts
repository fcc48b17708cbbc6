import { deviceRpc, isVendorMethod } from "@heliograph/protocol";
import type { DeviceAnswer } from "@heliograph/protocol";

/** Whether a result has every field that an answer to its method needs. A vendor's method needs none. */
export function isDeviceAnswer(answer: {
  readonly method: string;
  readonly result: unknown;
}): answer is DeviceAnswer {
  const { method, result } = answer;
  if (typeof result !== "object" || result === null) return false;
  const fields = deviceRpc(method)?.answer;
  if (fields === undefined) return isVendorMethod(method);
  return Object.entries(fields).every(
    ([name, field]) => field.presence !== "required" || Object.hasOwn(result, name),
  );
}
