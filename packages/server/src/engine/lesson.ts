import {
  decodeDeviceRequest,
  decodeDeviceResult,
  isPartialPath,
  type JsonObject,
} from "@heliograph/protocol";
import type { DeviceCall, Lesson } from "../ports/index.ts";
import { withoutTokens } from "./references.ts";

/** What an answered RPC tells of the device's data model; undefined where it tells nothing. */
export function lessonOf(call: DeviceCall, result: JsonObject, at: number): Lesson | undefined {
  const request = decodeDeviceRequest(call.method, call.params);
  if (!request.ok) return undefined;
  switch (request.value.method) {
    case "GetParameterValues": {
      const answer = decodeDeviceResult("GetParameterValues", result);
      const complete = request.value.params.ParameterNames.filter(isPartialPath);
      return answer.ok ? { at, values: withoutTokens(answer.value.ParameterList), complete } : undefined;
    }
    case "GetParameterNames": {
      const answer = decodeDeviceResult("GetParameterNames", result);
      const { ParameterPath = "", NextLevel } = request.value.params;
      const levels = NextLevel && isPartialPath(ParameterPath) ? { levels: [ParameterPath] } : {};
      return answer.ok ? { at, names: answer.value.ParameterList, ...levels } : undefined;
    }
    case "GetParameterAttributes": {
      const answer = decodeDeviceResult("GetParameterAttributes", result);
      return answer.ok ? { at, attributes: answer.value.ParameterList } : undefined;
    }
    case "SetParameterValues":
      return isApplied(result) ? { at, values: request.value.params.ParameterList } : undefined;
    case "SetParameterAttributes":
      return { at, attributes: request.value.params.ParameterList };
    case "AddObject": {
      const answer = decodeDeviceResult("AddObject", result);
      if (!answer.ok) return undefined;
      return {
        at,
        names: { [`${request.value.params.ObjectName}${answer.value.InstanceNumber}.`]: { "": true } },
      };
    }
    case "DeleteObject":
      return isApplied(result) ? { at, deleted: [request.value.params.ObjectName] } : undefined;
    default:
      return undefined;
  }
}

/** Status 1 says that the change is accepted, but not in effect yet [CWMP 1.4 A.3.2.1]. */
function isApplied(result: JsonObject): boolean {
  return result["Status"] === 0;
}
