import type { Declarations, TableDeclaration } from "@heliograph/agent";
import type { Chance } from "../chance.ts";
import { identity } from "./identity.ts";
import { jump, rows, type DeviceModel, type Individual } from "./individual.ts";
import { ethernetPorts, ipInterfaces, macAddress, publicAddress } from "./network.ts";
import { wifi, WIFI_CHANNEL } from "./wifi.ts";

const LABEL = {
  model: "HG-R520",
  description: "Router with WiFi",
  hardware: ["1.0", "1.1", "2.0"],
  software: ["5.2.0", "5.2.3", "5.3.1", "6.0.0"],
  memoryKiB: 262_144,
};
const OUTSIDE = "Device.IP.Interface.1.IPv4Address.1.IPAddress";
const BUSY_HOSTS = "Device.Hosts.X_F0F0F0_ActiveHosts";

/** A router at home: an uplink, a switch, WiFi, and what people connect to it [TR-181]. */
export function router(individual: Individual): DeviceModel {
  const { chance } = individual;
  const hosts = chance.integer(2, 8);
  const outside = {
    address: publicAddress(chance),
    subnetMask: "255.255.255.0",
    addressing: "DHCP",
  } as const;
  return {
    declarations: {
      ...identity(individual, LABEL),
      "Device.Ethernet.Interface.": ethernetPorts(individual, 4),
      "Device.IP.Interface.": ipInterfaces([outside, AT_HOME]),
      ...wifi(individual, `Home-${chance.hex(2)}`),
      "Device.Hosts.Host.": hostTable(chance, hosts),
      [BUSY_HOSTS]: hosts,
      ...addressing,
      "Device.NAT.InterfaceSetting.1.Enable": { type: "boolean", value: true, writable: true },
      "Device.NAT.PortMapping.": portMappings,
      "Device.Firewall.Enable": { type: "boolean", value: true, writable: true },
      "Device.Firewall.Config": { type: "string", value: "Low", writable: true },
    },
    drifts: [
      { path: OUTSIDE, next: () => publicAddress(chance) },
      { path: WIFI_CHANNEL, next: () => chance.pick([1, 6, 11]) },
      { path: BUSY_HOSTS, next: jump(chance, 0, hosts) },
    ],
  };
}

const AT_HOME = { address: "192.168.1.1", subnetMask: "255.255.255.0", addressing: "Static" } as const;

const addressing = {
  "Device.DHCPv4.Server.Enable": { type: "boolean", value: true, writable: true },
  "Device.DHCPv4.Server.Pool.1.MinAddress": { type: "string", value: "192.168.1.100", writable: true },
  "Device.DHCPv4.Server.Pool.1.MaxAddress": { type: "string", value: "192.168.1.199", writable: true },
  "Device.DHCPv4.Server.Pool.1.LeaseTime": { type: "int", value: 86_400, writable: true },
  "Device.DNS.Client.Server.1.DNSServer": { type: "string", value: "192.0.2.53", writable: true },
} as const;

function hostTable(chance: Chance, count: number): TableDeclaration {
  return {
    instances: rows(count),
    row: (host) => hostRow(chance.of("host", host), host),
  };
}

function hostRow(chance: Chance, host: number): Declarations {
  return {
    PhysAddress: macAddress(chance),
    IPAddress: `192.168.1.${99 + host}`,
    HostName: `${chance.pick(["laptop", "phone", "tv", "printer", "console"])}-${host}`,
    InterfaceType: chance.pick(["802.11", "Ethernet"]),
    Active: chance.happens(0.7),
  };
}

/** Empty at first: managers open ports here. */
const portMappings: TableDeclaration = {
  writable: true,
  maxRows: 32,
  row: () => ({
    Enable: { type: "boolean", writable: true },
    ExternalPort: { type: "unsignedInt", writable: true, check: noPort },
    InternalPort: { type: "unsignedInt", writable: true, check: noPort },
    InternalClient: { type: "string", writable: true },
    Protocol: { type: "string", value: "TCP", writable: true },
    Description: { type: "string", writable: true },
  }),
};

function noPort(port: number): string | undefined {
  return port <= 65_535 ? undefined : "must be 65535 or less";
}
