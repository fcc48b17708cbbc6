import { rootObject, type CompactValue, type ParameterValues } from "@heliograph/protocol";
import type { DeviceFacts } from "./records.ts";

/** An Inform is asked more than once, and most have the very parameters of the one before. */
const known = new WeakMap<ParameterValues, DeviceFacts>();

/** What the parameters of an Inform say of its device. */
export function factsOf(parameters: ParameterValues): DeviceFacts {
  const found = known.get(parameters);
  if (found !== undefined) return found;
  const facts = readFacts(parameters);
  known.set(parameters, facts);
  return facts;
}

function readFacts(parameters: ParameterValues): DeviceFacts {
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
