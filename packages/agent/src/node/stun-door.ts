import type { StunAddress } from "@heliograph/protocol";
import { machineClock, type DeviceClock } from "../device-clock.ts";
import type { Contact, ContactOptions } from "../contact/contact.ts";
import type { Declarations } from "../object-tree.ts";
import { UdpConnectionRequests } from "./udp-connection-requests.ts";
import type { UdpPort } from "./udp-port.ts";

export interface StunOptions {
  /** Where the STUN server is, until the ACS sets another: the ACS's host, and port 3478, where not given. */
  readonly server?: Partial<StunAddress>;
  /** What the device's datagrams leave from. */
  readonly port: UdpPort;
}

const KEEP_ALIVE_S = 20;
const STUN_PORT = 3478;

/** The same device with the parameters of connection requests by UDP, which its Informs tell of. */
export function withStunParameters<T extends ContactOptions>(
  options: T,
  { address = "", port = STUN_PORT }: Partial<StunAddress> = {},
): T {
  const { dataModel, informPaths = [] } = options;
  const server = `${dataModel.root}ManagementServer.`;
  dataModel.supplement(declarations(server, { address, port }));
  const told = ["UDPConnectionRequestAddress", "NATDetected"].map((name) => server + name);
  return { ...options, informPaths: [...informPaths, ...told] };
}

/** Takes the device's connection requests by UDP, and says in its parameters where. */
export function takeUdpRequests(
  { device, summon }: Pick<Contact, "device"> & { readonly summon: () => void },
  { port, clock = machineClock }: Pick<StunOptions, "port"> & { readonly clock?: DeviceClock | undefined },
): UdpConnectionRequests {
  const server = `${device.model.root}ManagementServer.`;
  return new UdpConnectionRequests({
    port,
    clock,
    server: () => ({
      address: device.settings.text("STUNServerAddress") || device.settings.acsHost,
      port: device.settings.number("STUNServerPort"),
    }),
    keepAliveMs: () => device.settings.number("STUNMinimumKeepAlivePeriod") * 1_000,
    stunLogin: () => ({
      username: device.settings.text("STUNUsername"),
      password: device.settings.text("STUNPassword"),
    }),
    credentials: () => device.settings.credentials("ConnectionRequestUsername", "ConnectionRequestPassword"),
    isReady: () => device.isUp,
    onAddress: (mapped) => {
      const { address, port: own } = port.local;
      device.model.set(`${server}NATDetected`, mapped.address !== address || mapped.port !== own);
      device.model.set(`${server}UDPConnectionRequestAddress`, authority(mapped));
    },
    onConnectionRequest: summon,
  });
}

function declarations(server: string, { address, port }: StunAddress): Declarations {
  const text = { type: "string", writable: true } as const;
  const period = { type: "unsignedInt", value: KEEP_ALIVE_S, writable: true, check: zero } as const;
  return {
    [`${server}UDPConnectionRequestAddress`]: { type: "string", notification: 2 },
    [`${server}NATDetected`]: false,
    [`${server}SupportedConnReqMethods`]: "HTTP,STUN",
    [`${server}STUNEnable`]: true,
    [`${server}STUNServerAddress`]: { ...text, value: address },
    [`${server}STUNServerPort`]: { type: "unsignedInt", value: port, writable: true, check: noPort },
    [`${server}STUNUsername`]: text,
    [`${server}STUNPassword`]: { ...text, hidden: true },
    [`${server}STUNMinimumKeepAlivePeriod`]: period,
    [`${server}STUNMaximumKeepAlivePeriod`]: { ...period, value: KEEP_ALIVE_S },
  };
}

function zero(value: number): string | undefined {
  return value > 0 ? undefined : "must be 1 or more";
}

function noPort(value: number): string | undefined {
  return value > 0 && value <= 65_535 ? undefined : "must be a port";
}

function authority({ address, port }: StunAddress): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
