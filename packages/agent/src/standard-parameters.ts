import type { DeviceId } from "@heliograph/protocol";
import type { Declarations } from "./object-tree.ts";

export interface StandardParameters {
  readonly root: string;
  readonly deviceId: DeviceId;
  readonly acsUrl: string;
  /** What the device answers a challenge of the ACS with, until the ACS sets other ones. */
  readonly username: string;
  readonly password: string;
  /** Seconds since the device booted. */
  readonly upTime: () => number;
  /** Where the device listens for connection requests; empty where it does not. */
  readonly connectionRequestUrl: () => string;
}

/**
 * What every CWMP device has: who it is, and how it keeps in touch with its ACS [TR-181 Device.DeviceInfo.,
 * Device.ManagementServer.].
 */
export function standardParameters(options: StandardParameters): Declarations {
  return { ...deviceInfo(options), ...managementServer(options) };
}

function deviceInfo({ root, deviceId, upTime }: StandardParameters): Declarations {
  const info = `${root}DeviceInfo.`;
  const ownTree = root === "Device." ? { [`${root}RootDataModelVersion`]: "2.17" } : {};
  return {
    ...ownTree,
    [`${info}Manufacturer`]: deviceId.Manufacturer,
    [`${info}ManufacturerOUI`]: deviceId.OUI,
    [`${info}ProductClass`]: deviceId.ProductClass,
    [`${info}SerialNumber`]: deviceId.SerialNumber,
    [`${info}HardwareVersion`]: "1.0",
    [`${info}SoftwareVersion`]: { type: "string", value: "1.0", alwaysNotified: true },
    [`${info}ProvisioningCode`]: { type: "string", writable: true, alwaysNotified: true },
    [`${info}UpTime`]: { type: "unsignedInt", get: upTime },
  };
}

function managementServer(options: StandardParameters): Declarations {
  const { root, acsUrl, username, password, connectionRequestUrl } = options;
  const server = `${root}ManagementServer.`;
  const secret = { type: "string", writable: true, hidden: true } as const;
  return {
    [`${server}URL`]: { type: "string", value: acsUrl, writable: true, check: notHttpUrl },
    [`${server}Username`]: { type: "string", value: username, writable: true },
    [`${server}Password`]: { ...secret, value: password },
    [`${server}PeriodicInformEnable`]: { type: "boolean", value: true, writable: true },
    [`${server}PeriodicInformInterval`]: { type: "unsignedInt", value: 300, writable: true, check: zero },
    [`${server}PeriodicInformTime`]: { type: "dateTime", writable: true },
    [`${server}ParameterKey`]: "",
    [`${server}ConnectionRequestURL`]: { type: "string", get: connectionRequestUrl, notification: 2 },
    [`${server}ConnectionRequestUsername`]: { type: "string", writable: true },
    [`${server}ConnectionRequestPassword`]: secret,
    [`${server}CWMPRetryMinimumWaitInterval`]: { type: "unsignedInt", value: 5, writable: true, check: zero },
    [`${server}CWMPRetryIntervalMultiplier`]: {
      type: "unsignedInt",
      value: 2000,
      writable: true,
      check: under1000,
    },
    [`${server}AliasBasedAddressing`]: false,
  };
}

/** What every Inform says where the device has it [TR-181, forced Inform parameters]. */
export function informPaths(root: string): readonly string[] {
  return [
    "DeviceSummary",
    "RootDataModelVersion",
    "DeviceInfo.SpecVersion",
    "DeviceInfo.HardwareVersion",
    "DeviceInfo.SoftwareVersion",
    "DeviceInfo.ProvisioningCode",
    "ManagementServer.ParameterKey",
    "ManagementServer.ConnectionRequestURL",
    "ManagementServer.AliasBasedAddressing",
    "ManagementServer.X_HELIOGRAPH_WebSocketSubprotocols",
  ].map((path) => root + path);
}

function notHttpUrl(value: string): string | undefined {
  return /^https?:\/\//i.test(value) && URL.canParse(value) ? undefined : "not an http or https URL";
}

function zero(value: number): string | undefined {
  return value > 0 ? undefined : "must be 1 or more";
}

function under1000(value: number): string | undefined {
  return value >= 1000 ? undefined : "must be 1000 or more";
}
