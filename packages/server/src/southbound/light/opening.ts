import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Server, ServerOptions } from "ws";
import { connectionId } from "../../ports/index.ts";
import type { GatewayId } from "../../ports/index.ts";
import { plainAddress } from "../address.ts";
import { certifiedBy } from "../client-certificate.ts";
import { peerOf } from "../peer.ts";
import { chosen } from "../subprotocols.ts";
import { traceLink, traceRefusal } from "../trace/trace-link.ts";
import type { Beginning } from "../trace/trace-link.ts";
import { Admission } from "./admission.ts";
import type { AdmissionMeans, Admitted, Visitor } from "./admission.ts";
import { OwnChannels } from "./channels/own-channels.ts";
import { Seat } from "./channels/seat.ts";
import { comeBack } from "./closing.ts";
import type { Closing } from "./closing.ts";
import { flawOf, NO_HANDSHAKE, readHandshake } from "./handshake.ts";
import type { LightBinding } from "./codec.ts";
import { LightOwner } from "./light-owner.ts";
import type { LightSettings } from "./light-settings.ts";
import { Link } from "./link.ts";
import type { LinkMeans, LinkParts } from "./link-parts.ts";
import { OwnMonitor } from "./monitor/own-monitor.ts";
import { closingOf, writeRefusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { openStompStream } from "./stomp-binding.ts";
import { TcpTransport } from "./tcp-transport.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { WaitingRoom } from "./waiting-room.ts";
import type { Greeting, OpeningSaid } from "./waiting-room.ts";
import { DeviceSocket, WsTransport } from "./ws-transport.ts";

export interface OpeningMeans extends AdmissionMeans {
  readonly settings: LightSettings;
  readonly gateway: GatewayId;
  readonly link: LinkMeans<Link>;
}

/** What HTTP hands over where somebody asks for a WebSocket. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

type Visit = Upgrade & Visitor;
type Speaking = Pick<LinkParts, "transport" | "codec">;

/** A message in pieces smaller than this on average is no honest one: each costs more to keep than it carries. */
const LEAST_FRAGMENT_BYTES = 64;

/** Opens connections: has whoever asks for one judged, shakes hands, and has an engine own what is open. */
export class Opening {
  readonly #means: OpeningMeans;
  readonly #admission: Admission;
  readonly #waitingRoom: WaitingRoom;
  readonly #server: Server<typeof DeviceSocket>;

  constructor(means: OpeningMeans) {
    this.#means = means;
    this.#admission = new Admission(means);
    this.#waitingRoom = new WaitingRoom({ ...means, admission: this.#admission });
    this.#server = new WebSocketServer(serverOptions(means));
    this.#server.on("wsClientError", (error, socket) => {
      writeRefusal(socket, { status: 400, line: error.message });
    });
  }

  /** Answers one upgrade request: by a connection, or by a refusal. */
  async open(upgrade: Upgrade): Promise<void> {
    const { request, socket } = upgrade;
    const flaw = flawOf(request);
    if (flaw !== undefined) {
      writeRefusal(socket, flaw);
      return;
    }
    const { address, certified } = peerOf(request, this.#means.settings.behindProxy);
    const visit = { ...upgrade, address, certified, handshake: readHandshake(request.headers) };
    socket.on("error", destroy);
    const binding = this.#namedLater(visit);
    if (binding !== undefined) {
      this.#wait(visit, binding);
      return;
    }
    const admission = await this.#admission.admit(visit);
    if ("binding" in admission) this.#begin(visit, admission);
    else this.#refuse(visit, admission);
  }

  /** Takes a connection on which a device says by STOMP who it is, or sends it away. */
  accept(socket: Socket): void {
    const { ports, bounds, isDraining } = this.#means;
    const transport = new TcpTransport(socket, { clock: ports.clock, bounds });
    const codec = openStompStream(bounds, { url: () => undefined, style: undefined });
    if (isDraining() || ports.engines.isStranded || this.#waitingRoom.isFull) {
      const closing = comeBack(ports.load.sendAway());
      const last = codec.writeClosing?.(closing);
      if (last !== undefined) transport.send(last);
      this.#part(transport, closing);
      return;
    }
    const address = plainAddress(socket.remoteAddress ?? "") ?? "0.0.0.0";
    const visitor = { address, certified: certifiedBy(socket), handshake: NO_HANDSHAKE };
    this.#listen(visitor, { transport, codec });
  }

  /** What a device speaks that shows no token here, and may do so once the socket is open. */
  #namedLater({ handshake }: Visit): LightBinding | undefined {
    const { bindings, isDraining } = this.#means;
    if (handshake.token !== undefined || this.#waitingRoom.isFull || isDraining()) return undefined;
    const subprotocol = chosen(handshake.subprotocols, bindings.keys());
    const binding = subprotocol === undefined ? undefined : bindings.get(subprotocol);
    return binding?.ways.connects === true ? binding : undefined;
  }

  #wait(visit: Visit, binding: LightBinding): void {
    const { request, socket, head } = visit;
    socket.off("error", destroy);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WsTransport(webSocket, socket);
      const codec = binding.open({ url: () => undefined, style: undefined });
      this.#listen(visit, { transport, codec });
    });
  }

  #listen(visitor: Visitor, { transport, codec }: Speaking): void {
    const onAdmitted = (admitted: Admitted, { said, heard }: Greeting): void => {
      this.#link({ visitor, heard }, { ...admitted, transport, codec }, said);
    };
    this.#waitingRoom.take({ visitor, transport, codec, onAdmitted });
  }

  #begin(visit: Visit, admitted: Admitted): void {
    const { request, socket, head } = visit;
    const { settings } = this.#means;
    socket.off("error", destroy);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WsTransport(webSocket, socket);
      const codec = admitted.binding.open({ url: () => settings.lightUrl?.(request), style: admitted.style });
      this.#link({ visitor: visit, heard: [] }, { ...admitted, transport, codec });
    });
  }

  #link(
    beginning: Beginning,
    { binding, claims, transport, codec }: Admitted & Speaking,
    said?: OpeningSaid,
  ): void {
    const { ports, bounds, gateway, connections, link: means } = this.#means;
    const { subprotocol, ways } = binding;
    const owner = new LightOwner(ports, {
      device: claims.device,
      connection: connectionId(ports.random.hex(16)),
      gateway,
      address: beginning.visitor.address,
      at: ports.clock.now(),
      subprotocol,
      credentialVersion: claims.credentialVersion,
    });
    const { device, authTime } = claims;
    const seat = new Seat({ device, transport, codec, maxBytes: bounds.maxPublishedBytes });
    const monitor = new OwnMonitor({ ports, watches: means.watches, device, transport, codec });
    const channels = new OwnChannels(means.channels, seat, monitor);
    const link = new Link(means, { transport, ways, codec, owner, channels, authTime });
    connections.add(link);
    if (ports.traces.isOpen) traceLink(ports, bounds, { link, beginning });
    link.open(said);
    // The link asks the engine by now: who asks with it gets the same answer, and leaves it to deal with that.
    ports.load.during(owner.connect()).catch(() => undefined);
  }

  #refuse(visit: Visit, refusal: Refusal): void {
    const { request, socket, head, address, handshake } = visit;
    const { ports } = this.#means;
    const { status, line, device } = refusal;
    ports.log.warn("light-refused", { address, device, status, reason: line });
    traceRefusal(ports, visit, refusal);
    if (status === 400 || !handshake.isBlind) {
      writeRefusal(socket, refusal);
      return;
    }
    socket.off("error", destroy);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#part(new WsTransport(webSocket, socket), closingOf(refusal));
    });
  }

  #part(transport: Transport, closing: Closing): void {
    const { connections } = this.#means;
    connections.part(transport);
    transport.listen(partingListener(() => connections.forget(transport)));
    transport.close(closing);
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}

function serverOptions({ bounds, bindings }: OpeningMeans): ServerOptions<typeof DeviceSocket> {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: true,
    maxPayload: bounds.maxMessageBytes,
    maxFragments: Math.ceil(bounds.maxMessageBytes / LEAST_FRAGMENT_BYTES),
    closeTimeout: bounds.closeTimeoutMs,
    WebSocket: DeviceSocket,
    handleProtocols: (offered: Set<string>) => chosen(offered, bindings.keys()) ?? false,
  };
  return options;
}

/** Hears nothing but the end of a socket that was closed as soon as it was open. */
function partingListener(onClosed: () => void): TransportListener {
  const ignore = (): void => undefined;
  return { onMessage: ignore, onControl: ignore, onBroken: ignore, onClosed };
}
