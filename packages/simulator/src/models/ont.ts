import { identity } from "./identity.ts";
import { swinging, type DeviceModel, type Individual } from "./individual.ts";
import { ethernetPorts, ipInterfaces, publicAddress, traffic } from "./network.ts";

const LABEL = {
  model: "HG-F100",
  description: "Optical network terminal",
  hardware: ["A", "B"],
  software: ["2.0.9", "2.1.4", "2.1.7"],
  memoryKiB: 131_072,
};
const STATUS = "Device.Optical.Interface.1.Status";

/** Where the fibre ends [TR-181 Device.Optical.]. Levels are in thousandths of a dBm. */
export function ont(individual: Individual): DeviceModel {
  const { chance } = individual;
  const outside = {
    address: publicAddress(chance),
    subnetMask: "255.255.255.0",
    addressing: "DHCP",
  } as const;
  return {
    declarations: {
      ...identity(individual, LABEL),
      "Device.Optical.Interface.1.Enable": { type: "boolean", value: true, writable: true },
      [STATUS]: { type: "string", value: "Up", notification: 1 },
      "Device.Optical.Interface.1.OpticalSignalLevel": swinging(individual, "int", {
        from: -24_000,
        to: -18_000,
      }),
      "Device.Optical.Interface.1.TransmitOpticalLevel": swinging(individual, "int", {
        from: 1_500,
        to: 2_500,
      }),
      "Device.Optical.Interface.1.LowerOpticalThreshold": -27_000,
      "Device.Optical.Interface.1.UpperOpticalThreshold": -8_000,
      ...opticalTraffic(individual),
      "Device.Ethernet.Interface.": ethernetPorts(individual, 2),
      "Device.IP.Interface.": ipInterfaces([outside]),
    },
    drifts: [{ path: STATUS, next: (current) => (current === "Up" ? "LowerLayerDown" : "Up") }],
  };
}

function opticalTraffic(individual: Individual) {
  const counters = Object.entries(traffic(individual, 400_000));
  return Object.fromEntries(counters.map(([leaf, value]) => [`Device.Optical.Interface.1.${leaf}`, value]));
}
