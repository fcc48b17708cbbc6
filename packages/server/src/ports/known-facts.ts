import {
  groupedEntries,
  groupedValue,
  pathMatcher,
  type CompactValue,
  type FactName,
  type KnownFacts,
} from "@heliograph/protocol";
import { reachability } from "./reachability.ts";
import type { DeviceRecord, LearnedParameters } from "./records.ts";

/** A device as expressions ask for it, at one moment; `parameters` is what is known of those that they name. */
export function knownFacts(device: DeviceRecord, parameters: LearnedParameters, now: number): KnownFacts {
  return {
    now,
    fact: (name) => factValue(device, name, now),
    values: (path) => parameterValues(parameters, path),
    hasObject: (path) => hasObject(parameters, path),
  };
}

/** Undefined: it is not known. */
export function factValue(device: DeviceRecord, name: FactName, now: number): ReturnType<KnownFacts["fact"]> {
  const { deviceId, facts } = device;
  switch (name) {
    case "key":
      return device.key;
    case "manufacturer":
      return deviceId.Manufacturer;
    case "oui":
      return deviceId.OUI;
    case "productClass":
      return deviceId.ProductClass;
    case "serialNumber":
      return deviceId.SerialNumber;
    case "model":
      return modelText(deviceId.OUI, deviceId.ProductClass);
    case "softwareVersion":
      return facts.softwareVersion;
    case "hardwareVersion":
      return facts.hardwareVersion;
    case "root":
      return facts.root;
    case "tag":
      return device.tags;
    case "approval":
      return device.approval;
    case "credentials":
      return device.credentials;
    case "enrolledBy":
      return device.enrolledBy;
    case "enrolled":
      return device.enrolledAt;
    case "reachability":
      return reachability(device, now);
    case "transport":
      return device.connection?.transport;
    case "subprotocol":
      return device.light?.subprotocol;
    case "address":
      return device.address;
    case "lastInform":
      return device.lastInformAt;
    case "lastBoot":
      return device.lastBootAt;
    case "lastBootstrap":
      return device.lastBootstrapAt;
  }
}

export function modelText(oui: string, productClass: string): string {
  return productClass === "" ? oui : `${oui}-${productClass}`;
}

function parameterValues(parameters: LearnedParameters, path: string): readonly CompactValue[] {
  if (!path.includes("*")) {
    const value = groupedValue(parameters, path)?.value;
    return value === undefined ? [] : [value];
  }
  const isAsked = pathMatcher(path);
  const values: CompactValue[] = [];
  for (const [each, { value }] of groupedEntries(parameters)) {
    if (value !== undefined && isAsked(each)) values.push(value);
  }
  return values;
}

function hasObject(parameters: LearnedParameters, path: string): boolean {
  const isWithin = pathMatcher(path);
  return Object.keys(parameters).some((object) => object === path || isWithin(object));
}
