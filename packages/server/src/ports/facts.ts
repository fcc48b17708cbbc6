import { rootObject, type CompactValue, type ParameterValues } from "@heliograph/protocol";
import type { DeviceFacts } from "./records.ts";

/** What the parameters of an Inform say of its device. */
export function factsOf(parameters: ParameterValues): DeviceFacts {
  const [first] = Object.keys(parameters);
  if (first === undefined) return {};
  const root = rootObject(first);
  const info = parameters[`${root}DeviceInfo.`];
  const softwareVersion = textOf(info?.["SoftwareVersion"]);
  const hardwareVersion = textOf(info?.["HardwareVersion"]);
  const connectionRequestUrl = textOf(parameters[`${root}ManagementServer.`]?.["ConnectionRequestURL"]);
  return {
    ...(root === "" ? undefined : { root }),
    ...(softwareVersion === undefined ? undefined : { softwareVersion }),
    ...(hardwareVersion === undefined ? undefined : { hardwareVersion }),
    ...(connectionRequestUrl === undefined ? undefined : { connectionRequestUrl }),
  };
}

function textOf(value: CompactValue | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "object" ? value[0] : String(value);
}
