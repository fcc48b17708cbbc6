import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Contact } from "../contact/contact.ts";
import type { ContactOptions } from "../contact/contact.ts";
import type { AcsRequest } from "@heliograph/protocol";
import type { LightTransport } from "../light/link.ts";
import { listenForConnectionRequests } from "./connection-request-server.ts";
import type { RequestLimit, SharedConnectionRequests } from "./connection-request-server.ts";
import { keepDoor } from "./connection-request-door.ts";
import type { Door } from "./connection-request-door.ts";
import { HttpSessions } from "./http-sessions.ts";
import { takeUdpRequests, withStunParameters, type StunOptions } from "./stun-door.ts";
import { webSocketTransport } from "./web-socket-transport.ts";

export interface NodeDeviceOptions extends ContactOptions {
  /** How it listens for connection requests; `"not"` where it does not. */
  readonly connectionRequests?: "not" | ListenOptions;
  /** Behind a NAT: how it is called by UDP; by HTTP alone where not given. */
  readonly stun?: StunOptions;
  /** Certificate authorities in place of the system's, as PEM. */
  readonly ca?: string;
  /** What opens light connections in place of Node's WebSockets. */
  readonly lightTransport?: LightTransport;
}

export interface ListenOptions {
  /** One that many devices share, from {@link listenForConnectionRequests}; the device's own where not given. */
  readonly listener?: SharedConnectionRequests;
  /** Of its own listener: the address that leads to the ACS where not given. */
  readonly host?: string;
  /** Of its own listener: any free one where not given. */
  readonly port?: number;
  /** Random where not given. */
  readonly path?: string;
  readonly limit?: RequestLimit;
}

/** A device that is switched on. */
export interface RunningDevice {
  /** Where connection requests are taken; empty where they are not. */
  readonly address: string;
  /** Whether it is on a light connection, over which everything goes. */
  readonly isAttached: boolean;
  /**
   * Informs with that event now, `2 PERIODIC` where not given; resolves when an Inform that told of it was answered.
   * Rejects when it is closed.
   */
  informNow(eventCode?: string): Promise<void>;
  /** Asks its ACS, in the next session, for what is no answer to it, such as Kicked, with the event that announces it. */
  ask(request: AcsRequest): void;
  close(): Promise<void>;
}

/**
 * Switches the device on: it boots, informs its ACS, and serves it until it is closed; in classic sessions, and over a
 * light connection once its ACS offers one.
 */
export async function startDevice(given: NodeDeviceOptions): Promise<RunningDevice> {
  const { stun } = given;
  const options = stun === undefined ? given : withStunParameters(given, stun.server);
  const { ca, connectionRequests = {}, lightTransport = webSocketTransport({ ca }) } = options;
  const contact = new Contact(options, {
    classic: new HttpSessions({ ca, clock: options.clock }),
    light: lightTransport,
  });
  const { device } = contact;
  const door =
    connectionRequests === "not"
      ? undefined
      : await keepDoor(device, async () => open(contact, connectionRequests));
  device.boot();
  const udp =
    stun && takeUdpRequests({ device, summon: () => contact.summon() }, { ...stun, clock: options.clock });
  return {
    get address() {
      return device.connectionRequestUrl;
    },
    get isAttached() {
      return contact.isAttached;
    },
    informNow: async (eventCode = "2 PERIODIC") => contact.informNow(eventCode),
    ask: (request) => device.ask(request),
    async close() {
      udp?.close();
      await Promise.all([contact.close(), door?.close()]);
    },
  };
}

async function open(contact: Contact, options: ListenOptions): Promise<Door> {
  const { device } = contact;
  const { listener: shared, path, limit } = options;
  const listener = shared ?? (await ownListener(device.acsUrl, options));
  const address = listener.accept({
    credentials: () => device.settings.credentials("ConnectionRequestUsername", "ConnectionRequestPassword"),
    isReady: () => device.isUp,
    onConnectionRequest: () => contact.summon(),
    ...(path === undefined ? {} : { path }),
    ...(limit === undefined ? {} : { limit }),
  });
  return {
    url: address.url,
    async close() {
      address.close();
      if (shared === undefined) await listener.close();
    },
  };
}

async function ownListener(
  acsUrl: string,
  { host, port = 0 }: ListenOptions,
): Promise<SharedConnectionRequests> {
  return listenForConnectionRequests({ host: host ?? (await localAddress(acsUrl)), port });
}
/** The address of this machine that leads to the ACS; found without sending anything. Loopback where there is none. */
async function localAddress(acsUrl: string): Promise<string> {
  const host = new URL(acsUrl).hostname.replace(/^\[|\]$/g, "");
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    socket.connect(9, host);
    await once(socket, "connect");
    return socket.address().address;
  } catch {
    return "127.0.0.1";
  } finally {
    socket.close();
  }
}
