import type { Declarations } from "@heliograph/agent";
import { identity } from "./identity.ts";
import {
  counter,
  partOf,
  rows,
  swinging,
  swingingDecimal,
  type DeviceModel,
  type Individual,
} from "./individual.ts";

const LABEL = {
  model: "HG-M3",
  description: "Smart meter, three phases",
  hardware: ["3.0"],
  software: ["1.0.0", "1.1.0", "1.1.1"],
  memoryKiB: 16_384,
};
const METER = "Device.X_F0F0F0_Meter.";
const TARIFF = `${METER}ActiveTariff`;
const TARIFFS = 2;

/** A meter of electricity, reached over a mobile network; its readings are a vendor's own parameters [TR-106 3.3]. */
export function smartMeter(individual: Individual): DeviceModel {
  const { chance } = individual;
  return {
    declarations: {
      ...identity(individual, LABEL),
      [`${METER}Serial`]: `M${chance.hex(4)}`,
      [`${METER}ReadingInterval`]: { type: "unsignedInt", value: 900, writable: true, check: tooOften },
      [TARIFF]: { type: "unsignedInt", value: chance.integer(1, TARIFFS), notification: 1 },
      [`${METER}EnergyImport`]: counter(individual, 0.3),
      [`${METER}EnergyExport`]: counter(individual, 0.05),
      [`${METER}Phase.`]: {
        instances: rows(3),
        row: (phase) => readings(partOf(individual, "phase", phase)),
      },
      "Device.Cellular.Interface.1.Status": "Up",
      "Device.Cellular.Interface.1.IMEI": Array.from({ length: 15 }, () => chance.integer(0, 9)).join(""),
      "Device.Cellular.Interface.1.CurrentAccessTechnology": chance.pick(["LTE", "NB-IoT"]),
      "Device.Cellular.Interface.1.RSSI": swinging(individual, "int", { from: -105, to: -75 }),
    },
    drifts: [{ path: TARIFF, next: (current) => (Number(current) % TARIFFS) + 1 }],
  };
}

function readings(individual: Individual): Declarations {
  return {
    Voltage: swingingDecimal(individual, { from: 226, to: 238 }),
    Current: swingingDecimal(individual, { from: 0.2, to: 16, seconds: 600 }),
    Power: swinging(individual, "unsignedInt", { from: 50, to: 3_600, seconds: 600 }),
  };
}

function tooOften(seconds: number): string | undefined {
  return seconds >= 60 ? undefined : "must be 60 or more";
}
