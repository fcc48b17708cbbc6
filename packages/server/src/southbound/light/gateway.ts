import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { DeviceKey } from "@heliograph/protocol";
import { asError, CALL_WORD_MS, gatewayId, subjects } from "../../ports/index.ts";
import type {
  CallAsk,
  CallOutcome,
  CallReply,
  Disconnect,
  GatewayId,
  Timer,
  TokenVerifier,
} from "../../ports/index.ts";
import { boundedLog } from "../bounded-log.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import type { Subprotocol } from "../subprotocols.ts";
import { ForgottenCallError, NOT_SENT } from "./calls.ts";
import { Channels } from "./channels/channels.ts";
import { barred, comeBackAll, replaced } from "./closing.ts";
import { Connections } from "./connections.ts";
import type { LightBinding } from "./codec.ts";
import { handover } from "./handover.ts";
import { jsonBinding } from "./json-codec.ts";
import { defaultBounds } from "./light-settings.ts";
import type { LightBounds, LightSettings } from "./light-settings.ts";
import { Watches } from "./monitor/watches.ts";
import { Opening } from "./opening.ts";
import { RightsRound } from "./rights-round.ts";
import { Replacements } from "./replacements.ts";
import { barOf } from "./standing.ts";
import { soapBinding } from "./soap-codec.ts";
import { traceLink } from "../trace/trace-link.ts";
import { stompBinding } from "./stomp-binding.ts";
import { Sweep } from "./sweep.ts";
import type { Transport } from "./transport.ts";

export interface LightGateway {
  readonly id: GatewayId;
  /** Connections that stand. */
  readonly connections: number;
  /** Takes an HTTP upgrade of the southbound listener at the light path. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes a connection by TCP or TLS, on which a device is to speak STOMP. */
  accept(socket: Socket): void;
  /**
   * Takes no new connections, lets running calls end for a while, and sends all devices away, to come back after a random
   * part of the seconds they are told. Closing twice is no error.
   */
  close(): Promise<void>;
}

/** The commits that the store makes of those who go at once take less. */
const DEPARTURES_EVERY_MS = 50;

type LightPorts = GatewayPorts & { readonly tokens: TokenVerifier };

/** Holds devices' WebSockets, and carries what the engine and they say to each other; knows nothing but connections. */
export function startLightGateway(given: LightPorts, settings: LightSettings): LightGateway {
  const ports = { ...given, log: boundedLog(given.log, given.clock) };
  return new Gateway(ports, settings, { ...defaultBounds, ...settings.bounds });
}

class Gateway implements LightGateway {
  readonly id: GatewayId;
  readonly #ports: LightPorts;
  readonly #bounds: LightBounds;
  readonly #connections = new Connections();
  readonly #replacements: Replacements;
  readonly #channels: Channels;
  readonly #watches: Watches;
  readonly #opening: Opening;
  readonly #sweep: Sweep;
  readonly #rights: RightsRound;
  readonly #subscriptions;
  #closing: Promise<void> | undefined;

  constructor(ports: LightPorts, settings: LightSettings, bounds: LightBounds) {
    const id = gatewayId(ports.random.hex(8));
    const connections = this.#connections;
    // A subprotocol to which devices are referred, and which has no codec, fails the build.
    const bindings: Readonly<Record<Subprotocol, LightBinding>> = {
      "cwmp.json": jsonBinding(bounds.maxMessageBytes),
      "cwmp.soap": soapBinding(bounds.maxMessageBytes),
      "v12.stomp": stompBinding("1.2", bounds),
      "v11.stomp": stompBinding("1.1", bounds),
      "v10.stomp": stompBinding("1.0", bounds),
    };
    const isDraining = (): boolean => this.#closing !== undefined;
    this.id = id;
    this.#ports = ports;
    this.#bounds = bounds;
    this.#replacements = new Replacements(bounds.maxConnections);
    this.#channels = new Channels(ports);
    this.#watches = new Watches(ports);
    this.#opening = new Opening({
      ports,
      settings,
      bounds,
      gateway: id,
      bindings: new Map(Object.values(bindings).map((binding) => [binding.subprotocol, binding])),
      connections,
      replacements: this.#replacements,
      isDraining,
      link: {
        ports,
        bounds,
        channels: this.#channels,
        watches: this.#watches,
        isDraining,
        onSettled: () => connections.settle(),
        onOver: (link) => connections.remove(link),
        onGone: ({ transport }) => connections.forget(transport),
      },
    });
    this.#sweep = new Sweep(ports.clock, bounds, connections);
    this.#sweep.start();
    this.#rights = new RightsRound({ ...ports, connections });
    // Within one process every hint is heard.
    if (ports.engines.mayFail) this.#rights.start();
    this.#subscriptions = this.#listen(id);
  }

  get connections(): number {
    return this.#connections.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#opening.open({ request, socket, head }).catch((error: unknown) => {
      this.#ports.log.error("a light connection could not be opened", { error: asError(error) });
      socket.destroy();
    });
  }

  accept(socket: Socket): void {
    this.#opening.accept(socket);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  #listen(id: GatewayId): readonly { unsubscribe(): void }[] {
    const { bus } = this.#ports;
    return [
      bus.serve(subjects.call(id), (ask) => this.#call(ask)),
      bus.subscribe(subjects.everyDisconnect(id), (disconnect) => {
        this.#disconnect(disconnect);
      }),
      bus.subscribe(subjects.everyProbe(id), ({ connection }) => {
        void this.#connections.find(connection)?.probe();
      }),
      bus.subscribe(subjects.everyRevoked, (revoked) => {
        if ("device" in revoked) void this.#onRevoked(revoked.device);
      }),
      this.#ports.engines.listen(handover(this.#connections)),
      // While the bus was away devices may have lost their rights.
      bus.onReturn(() => {
        this.#rights.lookAtAll();
      }),
      this.#ports.traces.onSwitched((device) => {
        for (const link of this.#connections.of(device)) traceLink(this.#ports, this.#bounds, { link });
      }),
    ];
  }

  async #call(ask: CallAsk): Promise<CallReply> {
    const link = this.#connections.find(ask.connection);
    if (link === undefined && ask.again === true) throw new ForgottenCallError();
    return link === undefined ? NOT_SENT : this.#orUnderWay(link.call(ask));
  }

  /** Silence is a word that was lost: one that takes longer says so. */
  async #orUnderWay(outcome: Promise<CallOutcome>): Promise<CallReply> {
    const { promise, timer } = this.#after(CALL_WORD_MS);
    try {
      return (await Promise.race([outcome, promise])) ?? { type: "under-way" };
    } finally {
      timer.cancel();
    }
  }

  #disconnect({ connection, code, reason }: Disconnect): void {
    const link = this.#connections.find(connection);
    if (link === undefined) return;
    if (code === replaced.code) this.#replacements.note(link.owner.device, this.#ports.clock.now());
    link.close({ code, reason });
  }

  /** The message is a hint: what became of the device stands in the store. */
  async #onRevoked(device: DeviceKey): Promise<void> {
    const links = this.#connections.of(device);
    if (links.length === 0) return;
    try {
      const row = await this.#ports.store.device(device);
      for (const link of links) {
        const bar = barOf(row, link.owner.credentialVersion);
        if (bar !== undefined) link.close(barred[bar]);
      }
    } catch (error) {
      // Whoever cannot be checked comes back, and is let in once that can be done.
      this.#ports.log.error("a device could not be checked", { device, error: asError(error) });
      for (const link of links) link.sendAway();
    }
  }

  async #close(): Promise<void> {
    const { closeTimeoutMs, partingMs } = this.#bounds;
    await this.#orAfter(closeTimeoutMs, this.#connections.whenQuiet());
    await this.#sendAllAway();
    await this.#orAfter(partingMs, this.#connections.whenEmpty());
    this.#cut(({ buffered }) => buffered === 0);
    await this.#orAfter(Math.max(0, closeTimeoutMs - partingMs), this.#connections.whenEmpty());
    this.#cut(() => true);
    this.#sweep.stop();
    this.#rights.stop();
    this.#channels.close();
    this.#watches.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  async #sendAllAway(): Promise<void> {
    const { departuresAtOnce } = this.#bounds;
    const links = this.#connections.all;
    const closing = comeBackAll(links.length, this.#bounds);
    for (let gone = 0; gone < links.length; gone += departuresAtOnce) {
      if (gone > 0) await this.#after(DEPARTURES_EVERY_MS).promise;
      for (const link of links.slice(gone, gone + departuresAtOnce)) link.close(closing);
    }
  }

  /** Whoever has been sent all has been told; it may have no use for a closing handshake. */
  #cut(isDue: (transport: Transport) => boolean): void {
    for (const transport of this.#connections.parting) if (isDue(transport)) transport.terminate();
  }

  async #orAfter(delayMs: number, done: Promise<void>): Promise<void> {
    const { promise, timer } = this.#after(delayMs);
    await Promise.race([done, promise]);
    timer.cancel();
  }

  #after(delayMs: number): { readonly promise: Promise<undefined>; readonly timer: Timer } {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#ports.clock.after(delayMs, () => {
      resolve(undefined);
    });
    return { promise, timer };
  }
}
