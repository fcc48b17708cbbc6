import { writeLightNotification } from "@heliograph/protocol";
import type { ClaimedParameter, DeviceId, LightNotification } from "@heliograph/protocol";
import { itemsOf } from "./list-value.ts";
import type { Declarations } from "./object-tree.ts";

/** Sends a datagram; whether it arrives, nobody knows. */
export interface DatagramSender {
  send(bytes: Uint8Array, to: { readonly address: string; readonly port: number }): void;
}

export interface LightweightNotificationsOptions {
  readonly sender: DatagramSender;
  readonly deviceId: DeviceId;
  /** Read as they are sent: the ACS may set other ones. */
  readonly settings: () => LightweightSettings;
  /** The value as the ACS would read it; undefined where the parameter is gone. */
  readonly show: (path: string) => string | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly now: () => number;
}

export interface LightweightSettings {
  /** LightweightNotificationProtocolsUsed; while `UDP` is not among them nothing is noted or sent. */
  readonly protocols: string;
  readonly host: string;
  readonly port: number;
  /** ManagementServer.Username. */
  readonly username: string;
}

/** What the attribute Notification asks for in datagrams [CWMP 1.4 A.3.2.4]. */
const PASSIVE: ReadonlySet<number> = new Set([3, 4]);
const ACTIVE: ReadonlySet<number> = new Set([5, 6]);

const PORT = 7547;
const PROTOCOLS = "UDP";
/** What passes whole through any network on the way. */
const MAX_DATAGRAM_BYTES = 1_400;
/** Parameters that wait; later ones are not told in datagrams. */
const MAX_PENDING = 256;

/** [TR-181 Device.ManagementServer.LightweightNotification…, UDPLightweightNotification…] */
export function lightweightParameters(server: string): Declarations {
  return {
    [`${server}LightweightNotificationProtocolsSupported`]: PROTOCOLS,
    [`${server}LightweightNotificationProtocolsUsed`]: {
      type: "string",
      writable: true,
      check: notSupported,
    },
    [`${server}UDPLightweightNotificationHost`]: { type: "string", writable: true },
    [`${server}UDPLightweightNotificationPort`]: {
      type: "unsignedInt",
      value: PORT,
      writable: true,
      check: noPort,
    },
    [`${server}LightweightNotificationTriggerInterval`]: { type: "unsignedInt", writable: true },
    [`${server}LightweightNotificationTriggerTime`]: { type: "dateTime", writable: true },
  };
}

/** Tells the ACS by UDP of parameters that changed, without a session [TR-069 Annex M]. */
export class LightweightNotifications {
  readonly #options: LightweightNotificationsOptions;
  readonly #pending = new Set<string>();

  constructor(options: LightweightNotificationsOptions) {
    this.#options = options;
  }

  /** What is passive waits for an active one, or for the time at which it is triggered. */
  changed(path: string, notification: number): void {
    if (!PASSIVE.has(notification) && !ACTIVE.has(notification)) return;
    if (this.#isOff || this.#pending.size >= MAX_PENDING) return;
    this.#pending.add(path);
    if (ACTIVE.has(notification)) this.flush();
  }

  /** Sends what waits. */
  flush(): void {
    const { show } = this.#options;
    const parameters = [...this.#pending].flatMap((name) => {
      const value = show(name);
      return value === undefined ? [] : [{ name, value }];
    });
    this.#pending.clear();
    if (parameters.length > 0 && !this.#isOff) this.#send(parameters);
  }

  forget(): void {
    this.#pending.clear();
  }

  get #isOff(): boolean {
    return !itemsOf(this.#options.settings().protocols).includes(PROTOCOLS);
  }

  /** In as many datagrams as it takes. */
  #send(parameters: readonly ClaimedParameter[]): void {
    const { sender, settings } = this.#options;
    const bytes = new TextEncoder().encode(writeLightNotification(this.#notification(parameters)));
    const half = Math.ceil(parameters.length / 2);
    if (bytes.length > MAX_DATAGRAM_BYTES && half < parameters.length) {
      this.#send(parameters.slice(0, half));
      this.#send(parameters.slice(half));
      return;
    }
    const { host, port } = settings();
    sender.send(bytes, { address: host, port });
  }

  #notification(parameters: readonly ClaimedParameter[]): LightNotification {
    const { deviceId, settings, random, now } = this.#options;
    const { OUI, ProductClass, SerialNumber } = deviceId;
    return {
      timestamp: Math.floor(now() / 1000),
      username: settings().username,
      cnonce: random().toString(36).slice(2),
      device: { OUI, ProductClass, SerialNumber },
      parameters,
    };
  }
}

function notSupported(protocols: string): string | undefined {
  const other = itemsOf(protocols).find((protocol) => protocol !== PROTOCOLS);
  return other === undefined ? undefined : `${other} is not supported`;
}

function noPort(port: number): string | undefined {
  return port > 0 && port <= 65_535 ? undefined : "must be a port";
}
