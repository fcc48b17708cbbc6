import { connect, type NatsConnection, type PublishOptions, type Status } from "@nats-io/transport-node";
import { asError, type Clock, type Log, type Subscription } from "../ports/index.ts";

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

/**
 * Answers to requests come to subjects under this one, so that nobody else need be allowed to read them: each user has its
 * own, and what no subject may hold is left out of it.
 */
function inboxOf({ login }: NatsAddress): string {
  return `_INBOX.${login?.user.replaceAll(/[^\w-]/g, "_") ?? "heliograph"}`;
}

const CONNECT_MS = 5_000;
const RECONNECT_MS = 500;
/** A server that keeps silent is given up after two of them. */
const PING_MS = 10_000;

/** How long it may be away before nobody waits for it any more. */
const PATIENCE_MS = 5_000;
/** For so long after its return others may still be on their way back. */
const SETTLE_MS = 2_000;
/** What is held meanwhile, to be sent on its return. */
const MAX_HELD = 1_000;
const MAX_HELD_BYTES = 16 * 2 ** 20;

/** How much is sent before we look whether the server has it. */
const LOOK_AFTER_BYTES = 2 ** 20;
/** How much the server may be behind before nothing more is sent. */
const MAX_BEHIND_BYTES = 64 * LOOK_AFTER_BYTES;

export interface NatsLinkOptions {
  readonly clock: Clock;
  readonly log: Log;
}

export interface LinkListener {
  /** Told whenever the connection is lost, and with it what was on its way. */
  readonly onAway?: () => void;
  /** Told whenever it is back, and we listen again to all that we listened to. */
  readonly onBack?: () => void;
}

interface Held {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly options: PublishOptions;
}

/** Why nothing can be sent: there is no connection, or the server does not keep up with what we send. */
export type Obstacle = "away" | "behind";

/** The connection to NATS: comes back by itself, says so, and holds no more than it may. */
export class NatsLink {
  readonly connection: NatsConnection;
  readonly #options: NatsLinkOptions;
  readonly #listeners = new Set<LinkListener>();
  #isUp = true;
  #awayAt = 0;
  #backAt = -SETTLE_MS;
  #held: Held[] = [];
  #heldBytes = 0;
  #isClosing = false;
  #unseen = 0;
  #isLooking = false;
  #lost = 0;

  private constructor(connection: NatsConnection, options: NatsLinkOptions) {
    this.connection = connection;
    this.#options = options;
    this.#backAt += options.clock.elapsed();
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
        ...{ servers: server, name: "heliograph", inboxPrefix: inboxOf(address) },
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

  /** For how long it may still be hoped that a connection that is lost comes back. */
  get patienceMs(): number {
    return this.#isUp ? 0 : Math.max(0, this.#awayAt + PATIENCE_MS - this.#now);
  }

  /** Whether it came back just now. */
  get isSettling(): boolean {
    return this.#isUp && this.#now < this.#backAt + SETTLE_MS;
  }

  /** How long a message may be. */
  get maxBytes(): number {
    return this.connection.info?.max_payload ?? Number.MAX_SAFE_INTEGER;
  }

  /** In the order of listening. */
  listen(listener: LinkListener): Subscription {
    this.#listeners.add(listener);
    return { unsubscribe: () => void this.#listeners.delete(listener) };
  }

  /** Sends, now or on a return that is soon; else it is lost, and the log says so. */
  send(subject: string, data: Uint8Array, options: PublishOptions = {}): void {
    if (this.obstacle !== undefined) {
      if (!this.#hold({ subject, data, options })) this.#lose(this.obstacle);
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

  get #now(): number {
    return this.#options.clock.elapsed();
  }

  #hold(message: Held): boolean {
    const bytes = this.#heldBytes + message.data.length;
    if (this.patienceMs === 0 || this.#held.length >= MAX_HELD || bytes > MAX_HELD_BYTES) return false;
    this.#held.push(message);
    this.#heldBytes = bytes;
    return true;
  }

  /** What was held is only worth anything soon. */
  #takeHeld(): readonly Held[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #lose(obstacle: Obstacle): void {
    if (this.#lost === 0 && obstacle === "behind") {
      this.#options.log.warn("NATS does not keep up: messages are lost", { bytes: this.#unseen });
    }
    this.#lost += 1;
  }

  #sayLost(): void {
    if (this.#lost > 0) this.#options.log.warn("NATS keeps up again", { lost: this.#lost });
    this.#lost = 0;
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) this.#note(status);
    const error = await this.connection.closed();
    this.#isUp = false;
    for (const { onAway } of this.#listeners) onAway?.();
    if (!this.#isClosing) {
      this.#options.log.error("NATS was given up: start the ACS again", { error: error ?? undefined });
    }
  }

  #note(status: Status): void {
    switch (status.type) {
      case "disconnect":
        this.#goAway(status.server);
        return;
      case "reconnect":
        this.#comeBack(status.server);
        return;
      case "slowConsumer":
        this.#options.log.warn("messages come faster from NATS than they are taken", {
          waiting: status.pending,
        });
        return;
      case "error":
        this.#options.log.error("NATS refuses something", { error: status.error });
        return;
      default:
        // Attempts, pings, and servers that come and go: nothing that anybody could do anything about.
        return;
    }
  }

  #goAway(server: string): void {
    if (this.#isUp) {
      if (!this.#isClosing) this.#options.log.warn("NATS is away", { server });
      this.#awayAt = this.#now;
      this.#options.clock.after(PATIENCE_MS, () => {
        if (this.patienceMs === 0 && !this.#isUp) this.#lost += this.#takeHeld().length;
      });
    }
    this.#isUp = false;
    for (const { onAway } of this.#listeners) onAway?.();
  }

  #comeBack(server: string): void {
    this.#isUp = true;
    this.#backAt = this.#now;
    const held = this.#takeHeld();
    for (const { subject, data, options } of held) this.send(subject, data, options);
    this.#options.log.info("NATS is back", { server, held: held.length, lost: this.#lost });
    this.#lost = 0;
    for (const { onBack } of this.#listeners) onBack?.();
  }
}
