import { connect, type NatsConnection, type PublishOptions, type Status } from "@nats-io/transport-node";
import { asError, type Log } from "../ports/index.ts";

/** Where NATS is, and as whom we come. */
export interface NatsAddress {
  readonly host: string;
  readonly port: number;
  /** Left out, nobody asks. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Left out, there is no TLS. */
  readonly tls?: { readonly ca?: string };
}

/** The server cannot be reached, or does not let us in; the message says what to do. */
export class BusUnreachableError extends Error {
  override readonly name = "BusUnreachableError";
  readonly code = "E_BUS_UNREACHABLE";
}

/** Answers to requests come to subjects under this one, so that nobody else need be allowed to read them. */
export const INBOX = "_INBOX.heliograph";

const CONNECT_MS = 5_000;
const RECONNECT_MS = 500;
/** A server that keeps silent is given up after two of them. */
const PING_MS = 10_000;

/** How much is sent before we look whether the server has it. */
const LOOK_AFTER_BYTES = 2 ** 20;
/** How much the server may be behind before nothing more is sent. */
const MAX_BEHIND_BYTES = 64 * LOOK_AFTER_BYTES;

export interface NatsLinkOptions {
  readonly log: Log;
  /** Told whenever the connection is lost, and with it what was on its way. */
  readonly onAway: () => void;
}

/** Why nothing can be sent: there is no connection, or the server does not keep up with what we send. */
export type Obstacle = "away" | "behind";

/** The connection to NATS: comes back by itself, says so, and holds no more than it may. */
export class NatsLink {
  readonly connection: NatsConnection;
  readonly #log: Log;
  readonly #onAway: () => void;
  #isUp = true;
  #isClosing = false;
  #unseen = 0;
  #isLooking = false;
  #lost = 0;

  private constructor(connection: NatsConnection, { log, onAway }: NatsLinkOptions) {
    this.connection = connection;
    this.#log = log;
    this.#onAway = onAway;
    void this.#watch();
  }

  /** Rejects with {@link BusUnreachableError}. */
  static async open(address: NatsAddress, options: NatsLinkOptions): Promise<NatsLink> {
    const { host, port, login, tls } = address;
    const server = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    // By an address, the certificate must be good for that: else localhost would be looked for in it.
    const proven = tls && { ...tls, host };
    try {
      const connection = await connect({
        ...{ servers: server, name: "heliograph", inboxPrefix: INBOX },
        ...{ timeout: CONNECT_MS, reconnectTimeWait: RECONNECT_MS, maxReconnectAttempts: -1 },
        ...{ pingInterval: PING_MS, ignoreAuthErrorAbort: true, noAsyncTraces: true },
        ...(login && { user: login.user, pass: login.password }),
        ...(proven && { tls: proven }),
      });
      return new NatsLink(connection, options);
    } catch (cause) {
      throw new BusUnreachableError(
        `NATS at ${server} cannot be used (${asError(cause).message}): start it, or correct nats-url`,
        { cause },
      );
    }
  }

  /** Why nothing can be sent now; undefined where it can. */
  get obstacle(): Obstacle | undefined {
    if (!this.#isUp) return "away";
    return this.#unseen > MAX_BEHIND_BYTES ? "behind" : undefined;
  }

  /** How long a message may be. */
  get maxBytes(): number {
    return this.connection.info?.max_payload ?? Number.MAX_SAFE_INTEGER;
  }

  /** Sends, or says why it cannot, and loses it. */
  send(subject: string, data: Uint8Array, options: PublishOptions = {}): void {
    if (this.obstacle !== undefined) {
      this.#lose(this.obstacle);
      return;
    }
    this.connection.publish(subject, data, options);
    this.count(data.length);
  }

  /** So much was sent. */
  count(bytes: number): void {
    this.#unseen += bytes;
    if (this.#unseen > LOOK_AFTER_BYTES && !this.#isLooking) void this.#look();
  }

  /** Sends what is left where somebody is there to take it, and ends. */
  async close(): Promise<void> {
    this.#isClosing = true;
    // A connection that is lost meanwhile has nothing left to wait for.
    if (this.#isUp) await this.connection.flush().catch(() => undefined);
    await this.connection.close();
  }

  /** The server answers a look once it has all that was sent before. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#unseen > LOOK_AFTER_BYTES) {
      const sent = this.#unseen;
      // A connection that is lost has lost all that it held.
      const isKept = await this.connection.flush().then(
        () => true,
        () => false,
      );
      this.#unseen = isKept ? this.#unseen - sent : 0;
    }
    this.#isLooking = false;
    if (this.#isUp) this.#sayLost();
  }

  #lose(obstacle: Obstacle): void {
    if (this.#lost === 0 && obstacle === "behind") {
      this.#log.warn("NATS does not keep up: messages are lost", { bytes: this.#unseen });
    }
    this.#lost += 1;
  }

  #sayLost(): void {
    if (this.#lost > 0) this.#log.warn("NATS keeps up again", { lost: this.#lost });
    this.#lost = 0;
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) this.#note(status);
    const error = await this.connection.closed();
    this.#isUp = false;
    this.#onAway();
    if (!this.#isClosing) {
      this.#log.error("NATS was given up: start the ACS again", { error: error ?? undefined });
    }
  }

  #note(status: Status): void {
    switch (status.type) {
      case "disconnect":
        if (this.#isUp && !this.#isClosing) this.#log.warn("NATS is away", { server: status.server });
        this.#isUp = false;
        this.#onAway();
        return;
      case "reconnect":
        this.#isUp = true;
        this.#log.info("NATS is back", { server: status.server, lost: this.#lost });
        this.#lost = 0;
        return;
      case "error":
        this.#log.error("NATS refuses something", { error: status.error });
        return;
      default:
        // Attempts, pings, and servers that come and go: nothing that anybody could do anything about.
        return;
    }
  }
}
