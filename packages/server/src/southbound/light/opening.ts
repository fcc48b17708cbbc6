import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { DeviceKey } from "@heliograph/protocol";
import { WebSocketServer } from "ws";
import type { Server, ServerOptions } from "ws";
import { asError, connectionId, unreachable } from "../../ports/index.ts";
import type { GatewayId, LightClaims, TokenVerifier } from "../../ports/index.ts";
import { LineQuota } from "../line-quota.ts";
import { peerOf } from "../peer.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import type { LightCodec } from "./codec.ts";
import type { Connections } from "./connections.ts";
import { chosen, readHandshake } from "./handshake.ts";
import type { Handshake } from "./handshake.ts";
import { LightOwner } from "./light-owner.ts";
import type { LightBounds, LightSettings } from "./light-settings.ts";
import { Link } from "./link.ts";
import type { LinkMeans } from "./link.ts";
import { closingOf, notApproved, notSpoken, unauthorized, unavailable, writeRefusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import type { Replacements } from "./replacements.ts";
import { barOf } from "./standing.ts";
import type { TransportListener } from "./transport.ts";
import { DeviceSocket, WsTransport } from "./ws-transport.ts";

export interface OpeningMeans {
  readonly ports: SouthboundPorts & { readonly tokens: TokenVerifier };
  readonly settings: LightSettings;
  readonly bounds: LightBounds;
  readonly gateway: GatewayId;
  readonly codecs: ReadonlyMap<string, LightCodec>;
  readonly connections: Connections;
  readonly replacements: Replacements;
  readonly link: LinkMeans;
}

/** Somebody who wants to open a connection. */
interface Visit {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly address: string;
  readonly handshake: Handshake;
}

interface Admitted {
  readonly codec: LightCodec;
  readonly claims: LightClaims;
}

/** How long the devices of a conflict are kept off that did not come first. */
const CONFLICT_RETRY_SECONDS = 600;
/** A message in pieces smaller than this on average is no honest one: each costs more to keep than it carries. */
const LEAST_FRAGMENT_BYTES = 64;

/** Opens connections: finds out who asks for one, takes the handshake, and has an engine own it. */
export class Opening {
  readonly #means: OpeningMeans;
  readonly #server: Server<typeof DeviceSocket>;
  /** Requests that are not decided yet. */
  #undecided = 0;
  /** A conflict is written down once a minute. */
  readonly #conflicts = new LineQuota({ each: 1, all: 60 });

  constructor(means: OpeningMeans) {
    this.#means = means;
    this.#server = new WebSocketServer(serverOptions(means));
    this.#server.on("wsClientError", (error, socket) => {
      writeRefusal(socket, { status: 400, line: error.message });
    });
  }

  async open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const address = peerOf(request, this.#means.settings.behindProxy).address;
    const visit = { request, socket, head, address, handshake: readHandshake(request.headers) };
    socket.on("error", destroy);
    this.#undecided += 1;
    const admission = await this.#admit(visit);
    this.#undecided -= 1;
    if ("codec" in admission) this.#begin(visit, admission);
    else this.#refuse(visit, admission);
  }

  async #admit(visit: Visit): Promise<Admitted | Refusal> {
    const { bounds, codecs, connections, link } = this.#means;
    if (link.isDraining()) return this.#busy("the ACS is stopping");
    if (connections.sockets + this.#undecided > bounds.maxConnections) {
      return this.#busy("too many connections");
    }
    const subprotocol = chosen(visit.handshake.subprotocols, new Set(codecs.keys()));
    const codec = subprotocol === undefined ? undefined : codecs.get(subprotocol);
    if (codec === undefined) return notSpoken(codecs.keys());
    try {
      const claims = await this.#identify(visit.handshake.token);
      if ("status" in claims) return claims;
      return (await this.#conflict(visit, claims.device)) ?? { codec, claims };
    } catch (error) {
      this.#means.ports.log.error("a light connection could not be opened", { error: asError(error) });
      return this.#busy("the ACS cannot answer now");
    }
  }

  /** Rejects where the store cannot be read: nobody is let in then. */
  async #identify(token: string | undefined): Promise<LightClaims | Refusal> {
    const { clock, store, tokens } = this.#means.ports;
    if (token === undefined) return unauthorized("a token is needed; an Inform over HTTP gets one");
    const claims = await tokens.verify(token, clock.now());
    if (claims === undefined) return unauthorized("the token is not good, or not any more");
    const { device, credentialVersion } = claims;
    const bar = barOf(await store.device(device), credentialVersion);
    switch (bar) {
      case undefined:
        return claims;
      case "not-approved":
        return { ...notApproved, device };
      case "unknown-device":
      case "revoked":
        return { ...unauthorized("the token was revoked"), device };
      default:
        return unreachable(bar);
    }
  }

  /** Whether two take turns at being the same device. */
  async #conflict({ address }: Visit, device: DeviceKey): Promise<Refusal | undefined> {
    const { ports, connections, replacements } = this.#means;
    const holder = connections.of(device).at(-1);
    if (holder === undefined || !replacements.areMany(device, ports.clock.now())) return undefined;
    if (!(await holder.probe())) return undefined;
    await this.#writeDown(device, { address, holder: holder.owner.address });
    const line = "this device is connected, and was replaced too often lately";
    return { ...unavailable(line, CONFLICT_RETRY_SECONDS), device };
  }

  async #writeDown(
    device: DeviceKey,
    addresses: { readonly address: string; readonly holder: string },
  ): Promise<void> {
    const { clock, log, store } = this.#means.ports;
    const at = clock.now();
    const unwritten = this.#conflicts.admit(device, at);
    if (unwritten === undefined) return;
    log.warn("connection-conflict", { device, ...addresses, unwritten });
    await store.commit("record-audit", {
      audit: {
        at,
        manager: "heliograph",
        action: "connection-conflict",
        device,
        detail: { ...addresses, unwritten },
      },
    });
  }

  /** The devices that are told so shall not all return at once. */
  #busy(line: string): Refusal {
    const { ports, bounds } = this.#means;
    return unavailable(line, 1 + Math.floor(bounds.drainSeconds * ports.random.fraction()));
  }

  #begin({ request, socket, head, address }: Visit, { codec, claims }: Admitted): void {
    const { ports, gateway, connections, link: means } = this.#means;
    socket.off("error", destroy);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const owner = new LightOwner(ports, {
        device: claims.device,
        connection: connectionId(ports.random.hex(16)),
        gateway,
        address,
        at: ports.clock.now(),
        subprotocol: codec.subprotocol,
        credentialVersion: claims.credentialVersion,
      });
      const transport = new WsTransport(webSocket, socket);
      const link = new Link(means, { transport, codec, owner, authTime: claims.authTime });
      connections.add(link);
      link.open();
    });
  }

  #refuse({ request, socket, head, address, handshake }: Visit, refusal: Refusal): void {
    const { ports, bounds, connections } = this.#means;
    const { status, line, device } = refusal;
    ports.log.warn("light-refused", { address, device, status, reason: line });
    if (status === 400 || !handshake.isBlind) {
      writeRefusal(socket, refusal);
      return;
    }
    socket.off("error", destroy);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WsTransport(webSocket, socket);
      connections.part(transport);
      transport.listen(partingListener(() => connections.forget(transport)));
      transport.close(closingOf(refusal, bounds.drainSeconds));
    });
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}

function serverOptions({ bounds, codecs }: OpeningMeans): ServerOptions<typeof DeviceSocket> {
  const spoken = new Set(codecs.keys());
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: true,
    maxPayload: bounds.maxMessageBytes,
    maxFragments: Math.ceil(bounds.maxMessageBytes / LEAST_FRAGMENT_BYTES),
    closeTimeout: bounds.closeTimeoutMs,
    WebSocket: DeviceSocket,
    handleProtocols: (offered: Set<string>) => chosen(offered, spoken) ?? false,
  };
  return options;
}

/** Hears nothing but the end of a socket that was closed as soon as it was open. */
function partingListener(onClosed: () => void): TransportListener {
  const ignore = (): void => undefined;
  return { onText: ignore, onBinary: ignore, onControl: ignore, onBroken: ignore, onClosed };
}
