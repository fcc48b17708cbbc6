import type { Declarations } from "@heliograph/agent";
import { swinging, type Individual } from "./individual.ts";

/** What stands on the device's label, and which software it runs. */
export interface Label {
  readonly model: string;
  readonly description: string;
  readonly hardware: readonly string[];
  /** Versions that are about, as on any network. */
  readonly software: readonly string[];
  readonly memoryKiB: number;
}

/** [TR-181 Device.DeviceInfo., Device.Time.] */
export function identity(individual: Individual, label: Label): Declarations {
  const { chance, now } = individual;
  const { memoryKiB } = label;
  return {
    "Device.DeviceInfo.ModelName": label.model,
    "Device.DeviceInfo.Description": label.description,
    "Device.DeviceInfo.HardwareVersion": chance.pick(label.hardware),
    "Device.DeviceInfo.SoftwareVersion": {
      type: "string",
      value: chance.pick(label.software),
      alwaysNotified: true,
    },
    "Device.DeviceInfo.MemoryStatus.Total": memoryKiB,
    "Device.DeviceInfo.MemoryStatus.Free": swinging(individual, "unsignedInt", {
      from: memoryKiB * 0.2,
      to: memoryKiB * 0.5,
    }),
    "Device.DeviceInfo.ProcessStatus.CPUUsage": swinging(individual, "unsignedInt", { from: 1, to: 60 }),
    "Device.Time.Enable": { type: "boolean", value: true, writable: true },
    "Device.Time.NTPServer1": { type: "string", value: "pool.ntp.org", writable: true },
    "Device.Time.LocalTimeZone": { type: "string", value: "CET-1CEST,M3.5.0,M10.5.0/3", writable: true },
    "Device.Time.CurrentLocalTime": {
      type: "dateTime",
      get: () => new Date(now()).toISOString().replace(/\.\d+/, ""),
    },
  };
}
