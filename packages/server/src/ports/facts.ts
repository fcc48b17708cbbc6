import { rootObject, type CompactValue, type ParameterValues } from "@heliograph/protocol";
import type { DeviceFacts } from "./records.ts";

/** What the parameters of an Inform say of its device. */
export function factsOf(parameters: ParameterValues): DeviceFacts {
  const [first] = Object.keys(parameters);
  if (first === undefined) return {};
  const root = rootObject(first);
  const facts = {
    softwareVersion: textOf(parameters[`${root}DeviceInfo.`]?.["SoftwareVersion"]),
    hardwareVersion: textOf(parameters[`${root}DeviceInfo.`]?.["HardwareVersion"]),
    connectionRequestUrl: textOf(parameters[`${root}ManagementServer.`]?.["ConnectionRequestURL"]),
  };
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return root === "" ? known : { root, ...known };
}

function textOf(value: CompactValue | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "object" ? value[0] : String(value);
}
