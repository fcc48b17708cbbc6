import type { DeviceId } from "@heliograph/protocol";
import { compressions } from "./contact/classic-service.ts";
import { heartbeatParameters } from "./heartbeat.ts";
import { informParameterTable } from "./inform-parameters.ts";
import { lightweightParameters } from "./lightweight-notifications.ts";
import type { Declarations } from "./object-tree.ts";
import type { ParameterDeclaration } from "./parameter.ts";
import { rebootParameters } from "./reboot-plan.ts";

export interface StandardParameters {
  readonly root: string;
  readonly deviceId: DeviceId;
  readonly acsUrl: string;
  /** What the device answers a challenge of the ACS with, until the ACS sets other ones. */
  readonly username: string;
  readonly password: string;
  /** Whether instances can be addressed by their alias. */
  readonly aliases: boolean;
  /** Whether changes can be told by datagrams. */
  readonly datagrams: boolean;
  /** Seconds since the device booted. */
  readonly upTime: () => number;
  /** Where the device listens for connection requests; empty where it does not. */
  readonly connectionRequestUrl: () => string;
}

/** HTTPCompression of a device that does not compress. */
export const NO_COMPRESSION = "Disabled";

/**
 * What every CWMP device has: who it is, and how it keeps in touch with its ACS [TR-181 Device.DeviceInfo.,
 * Device.ManagementServer.; TR-098 likewise].
 */
export function standardParameters(options: StandardParameters): Declarations {
  const { root, aliases, datagrams } = options;
  const server = `${root}ManagementServer.`;
  return {
    ...deviceInfo(options),
    ...contactParameters(options),
    ...informParameterTable(root),
    ...(aliases ? aliasParameters(server) : { [`${server}AliasBasedAddressing`]: false }),
    ...(datagrams ? lightweightParameters(server) : {}),
    ...(root === "Device." ? laterParameters(server) : {}),
  };
}

function deviceInfo({ root, deviceId, upTime }: StandardParameters): Declarations {
  const info = `${root}DeviceInfo.`;
  const ownTree =
    root === "Device."
      ? { [`${root}RootDataModelVersion`]: "2.17" }
      : { [`${root}DeviceSummary`]: `${root.slice(0, -1)}:1.8[](Baseline:1)`, [`${info}SpecVersion`]: "1.0" };
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

function contactParameters(options: StandardParameters): Declarations {
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
    [`${server}SupportedConnReqMethods`]: "HTTP",
    [`${server}ConnectionRequestUsername`]: { type: "string", writable: true },
    [`${server}ConnectionRequestPassword`]: secret,
    [`${server}DefaultActiveNotificationThrottle`]: { type: "unsignedInt", writable: true },
    [`${server}CWMPRetryMinimumWaitInterval`]: { type: "unsignedInt", value: 5, writable: true, check: zero },
    [`${server}CWMPRetryIntervalMultiplier`]: {
      type: "unsignedInt",
      value: 2000,
      writable: true,
      check: under1000,
    },
    [`${server}HTTPCompressionSupported`]: compressions.join(","),
    [`${server}HTTPCompression`]: choice(NO_COMPRESSION, compressions),
  };
}

/** What TR-098 does not have. */
function laterParameters(server: string): Declarations {
  return {
    ...heartbeatParameters(server),
    ...rebootParameters(server),
    [`${server}HTTPConnectionRequestEnable`]: { type: "boolean", value: true, writable: true },
    [`${server}InstanceWildcardsSupported`]: true,
  };
}

function aliasParameters(server: string): Declarations {
  return {
    [`${server}AliasBasedAddressing`]: true,
    [`${server}InstanceMode`]: choice("InstanceNumber", ["InstanceAlias"]),
    [`${server}AutoCreateInstances`]: { type: "boolean", writable: true },
  };
}

function choice(first: string, others: readonly string[]): ParameterDeclaration {
  const allowed = [first, ...others];
  return {
    type: "string",
    value: first,
    writable: true,
    check: (value) => (allowed.includes(value) ? undefined : `must be one of ${allowed.join(", ")}`),
  };
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
