import type { Declarations, TableDeclaration } from "@heliograph/agent";
import type { Chance } from "../chance.ts";
import { counter, partOf, rows, type Individual } from "./individual.ts";

/** Addresses of documentation: nobody is called at them [RFC 5737]. */
export function publicAddress(chance: Chance): string {
  return `${chance.pick(["192.0.2", "198.51.100", "203.0.113"])}.${chance.integer(1, 254)}`;
}

/** A locally administered one. */
export function macAddress(chance: Chance): string {
  return ["02", ...Array.from({ length: 5 }, () => chance.hex(1))].join(":");
}

/** [TR-181 Device.Ethernet.Interface.] */
export function ethernetPorts(individual: Individual, count: number): TableDeclaration {
  return {
    instances: rows(count),
    row: (port) => ethernetPort(partOf(individual, "ethernet", port), port),
  };
}

function ethernetPort(individual: Individual, port: number): Declarations {
  const { chance } = individual;
  const isUpstream = port === 1;
  return {
    Enable: { type: "boolean", value: true, writable: true },
    Status: isUpstream || chance.happens(0.5) ? "Up" : "Down",
    Name: `eth${port - 1}`,
    Upstream: isUpstream,
    MACAddress: macAddress(chance),
    MaxBitRate: { type: "int", value: 1_000, writable: true },
    ...traffic(individual, isUpstream ? 400_000 : 40_000),
  };
}

/** What passes through an interface. */
export function traffic(individual: Individual, bytesPerSecond: number): Declarations {
  return {
    "Stats.BytesSent": counter(individual, bytesPerSecond / 8),
    "Stats.BytesReceived": counter(individual, bytesPerSecond),
    "Stats.PacketsSent": counter(individual, bytesPerSecond / 2_000),
    "Stats.PacketsReceived": counter(individual, bytesPerSecond / 1_000),
    "Stats.ErrorsReceived": counter(individual, 0.001),
  };
}

export interface Address {
  readonly address: string;
  readonly subnetMask: string;
  readonly addressing: "DHCP" | "Static";
}

/** [TR-181 Device.IP.Interface.], one row for each address. */
export function ipInterfaces(addresses: readonly Address[]): TableDeclaration {
  return {
    instances: rows(addresses.length),
    row: (index) => {
      const own = addresses[index - 1];
      return {
        Enable: { type: "boolean", value: true, writable: true },
        Status: "Up",
        Name: `ip${index - 1}`,
        LowerLayers: `Device.Ethernet.Interface.${index}.`,
        MaxMTUSize: { type: "unsignedInt", value: 1_500, writable: true },
        "IPv4Address.": {
          instances: [1],
          row: () => ({
            IPAddress: own?.address ?? "0.0.0.0",
            SubnetMask: own?.subnetMask ?? "255.255.255.0",
            AddressingType: own?.addressing ?? "DHCP",
          }),
        },
      };
    },
  };
}
