import { decodeDeviceRequest, groupedEntries, type CompactValue } from "@heliograph/protocol";
import type { DeviceCall } from "../ports/index.ts";

/** What a call sets, path by path. */
export function writtenValues({
  method,
  params,
}: DeviceCall): readonly (readonly [path: string, value: CompactValue])[] {
  const request = decodeDeviceRequest(method, params);
  if (!request.ok || request.value.method !== "SetParameterValues") return [];
  return [...groupedEntries<CompactValue>(request.value.params.ParameterList)];
}
