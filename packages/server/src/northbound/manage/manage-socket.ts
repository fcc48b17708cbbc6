import type { IncomingMessage, Server } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { stompSubprotocols, stompVersions, type StompVersion } from "@heliograph/protocol";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { asError } from "../../ports/index.ts";
import type { Authentication, Manager } from "../authentication.ts";
import { closing } from "../failure.ts";
import type { LiveDevices } from "../live/live-devices.ts";
import type { ManagerPaces } from "../pace.ts";
import { isRefusal, PROBLEM_MEDIA_TYPE, problemOf, refuse, refuseFor, type Refusal } from "../refusal.ts";
import type { NorthboundPorts } from "../settings.ts";
import { defaultManageBounds, type ManageBounds } from "./bounds.ts";
import { ChannelNews } from "./followed-channels.ts";
import { JSON_SUBPROTOCOL, JsonManagerCodec } from "./json-manager-codec.ts";
import { ManagerCodec } from "./manager-codec.ts";
import { ManagerConnection, type Closing, type ManagerSocket } from "./manager-connection.ts";
import type { ManagerLanguage, Message } from "./manager-language.ts";

export interface ManageMeans {
  readonly ports: NorthboundPorts;
  readonly authentication: Authentication;
  /** The devices that are watched in this process. */
  readonly live: LiveDevices;
  readonly paces: ManagerPaces;
  /** Why a request is turned away by its Host and Origin; undefined where it is not. */
  readonly turnAway: (request: IncomingMessage) => Refusal | undefined;
  /** Where a request comes from, as far as we trust what says so. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly bounds?: Partial<ManageBounds>;
}

export interface ManageSocket {
  /** Takes nothing new, has what was asked stored, and closes the connections. */
  close(): Promise<void>;
}

export const MANAGE_PATH = "/manage";
/** The protocol entry in which browsers, who can set no header, hide their token. */
const BEARER_ENTRY = "bearer.";
const DRAINING: Closing = { code: 1001, reason: "5" };
const SOON_MS = 5_000;
/** What a frame's head may add to its body, and legal traffic may be cut into. */
const HEAD_BYTES = 64 * 1024;
const MOST_REASON_BYTES = 123;

/** Managers' connections at `/manage`: STOMP or JSON-RPC over a WebSocket [LIGHT 5, LIGHT 7]. */
export function serveManagers(server: Server, means: ManageMeans): ManageSocket {
  const bounds = { ...defaultManageBounds, ...means.bounds };
  const managers = new Managers(means, bounds);
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void managers.receive({ request, socket, head });
  });
  return { close: () => managers.close() };
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

class Managers {
  readonly #means: ManageMeans;
  readonly #bounds: ManageBounds;
  readonly #webSockets: WebSocketServer;
  readonly #open = new Set<ManagerConnection>();
  readonly #news: ChannelNews;
  #waiting = 0;
  #isClosing = false;

  constructor(means: ManageMeans, bounds: ManageBounds) {
    this.#means = means;
    this.#bounds = bounds;
    this.#news = new ChannelNews(means.ports);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: bounds.maxBodyBytes + HEAD_BYTES,
      handleProtocols: (offered) => [...offered].find(isSpoken) ?? false,
    });
  }

  async receive(upgrade: Upgrade): Promise<void> {
    const { request, socket } = upgrade;
    socket.on("error", () => socket.destroy());
    try {
      const judged = await this.#judge(request);
      if (isRefused(judged)) refuseUpgrade(socket, judged.refusal);
      else this.#connect(upgrade, judged.manager);
    } catch (error) {
      this.#means.ports.log.error("a manager's socket could not be opened", { error: asError(error) });
      refuseUpgrade(socket, refuseFor("store-busy", "the ACS cannot look at the token now", SOON_MS));
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#open].map((connection) => connection.settled()));
    for (const connection of this.#open) connection.close(DRAINING);
    this.#webSockets.close();
  }

  async #judge(request: IncomingMessage): Promise<Judged> {
    const refusal = this.#turnAway(request);
    if (refusal !== undefined) return { refusal };
    const header = request.headers.authorization ?? hiddenToken(request);
    if (header === undefined) return { manager: undefined };
    const found = await this.#means.authentication.manager(header, this.#means.addressOf(request));
    return isRefusal(found) ? { refusal: found } : { manager: found };
  }

  #turnAway(request: IncomingMessage): Refusal | undefined {
    const { maxConnections, maxWaiting } = this.#bounds;
    if (this.#isClosing) return closing();
    if (request.url?.split("?")[0] !== MANAGE_PATH) {
      return refuse("unknown-path", `there is no WebSocket at this path: managers connect at ${MANAGE_PATH}`);
    }
    if (!offered(request).some(isSpoken)) {
      const spoken = [JSON_SUBPROTOCOL, ...stompVersions.map((version) => stompSubprotocols[version])].join(
        ", ",
      );
      return refuse("invalid-request", `none of the subprotocols is spoken here: ${spoken}`);
    }
    if (this.#open.size >= maxConnections || this.#waiting >= maxWaiting) {
      return refuseFor("overloaded", "too many managers are connected: come back in a moment", SOON_MS);
    }
    return this.#means.turnAway(request);
  }

  #connect({ request, socket, head }: Upgrade, manager: Manager | undefined): void {
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#serve(webSocket, this.#means.addressOf(request), manager);
    });
  }

  #serve(webSocket: WebSocket, address: string, manager: Manager | undefined): void {
    const { ports, live, paces, authentication } = this.#means;
    let isWaiting = true;
    const onOpen = (): void => {
      if (isWaiting) this.#waiting -= 1;
      isWaiting = false;
    };
    this.#waiting += 1;
    const connection = new ManagerConnection(socketOf(webSocket), languageOf(webSocket, this.#bounds), {
      ...{ ports, live, paces },
      news: this.#news,
      bounds: this.#bounds,
      manager,
      authenticate: (passcode) => authentication.manager(`Bearer ${passcode ?? ""}`, address),
      onOpen,
    });
    this.#open.add(connection);
    webSocket.on("message", (data: RawData, isBinary: boolean) =>
      connection.onMessage(messageOf(data, isBinary)),
    );
    webSocket.on("pong", () => connection.onSign());
    webSocket.on("ping", () => connection.onSign());
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      onOpen();
      this.#open.delete(connection);
      connection.onClosed();
    });
  }
}

type Judged = { readonly refusal: Refusal } | { readonly manager: Manager | undefined };

function isRefused(judged: Judged): judged is { readonly refusal: Refusal } {
  return "refusal" in judged;
}

function offered({ headers }: IncomingMessage): readonly string[] {
  return (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
}

function hiddenToken(request: IncomingMessage): string | undefined {
  const entry = offered(request).find((name) => name.startsWith(BEARER_ENTRY));
  return entry === undefined ? undefined : `Bearer ${entry.slice(BEARER_ENTRY.length)}`;
}

function isSpoken(subprotocol: string): boolean {
  return subprotocol === JSON_SUBPROTOCOL || versionOf(subprotocol) !== undefined;
}

function languageOf({ protocol }: WebSocket, bounds: ManageBounds): ManagerLanguage {
  const { maxBodyBytes, heartBeatMs, maxOutstanding, maxBufferedBytes } = bounds;
  if (protocol === JSON_SUBPROTOCOL) {
    return new JsonManagerCodec({
      pingMs: heartBeatMs,
      maxOutstanding,
      maxMessageBytes: maxBodyBytes,
      maxKeptChars: maxBufferedBytes / 2,
    });
  }
  const spoken = versionOf(protocol);
  return new ManagerCodec({ spoken: spoken === undefined ? [] : [spoken], heartBeatMs, maxBodyBytes });
}

function versionOf(subprotocol: string): StompVersion | undefined {
  return stompVersions.find((version) => stompSubprotocols[version] === subprotocol);
}

function messageOf(data: RawData, isBinary: boolean): Message {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
  return isBinary ? bytes : bytes.toString("utf8");
}

function socketOf(webSocket: WebSocket): ManagerSocket {
  return {
    get buffered() {
      return webSocket.bufferedAmount;
    },
    send: (message, onLeft) => webSocket.send(message, () => onLeft?.()),
    ping: () => webSocket.ping(),
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    close: ({ code, reason }) => webSocket.close(code, fitting(reason)),
  };
}

/** What a close frame can take of a reason. */
function fitting(reason: string): string {
  let fit = reason;
  while (Buffer.byteLength(fit) > MOST_REASON_BYTES) fit = fit.slice(0, -1);
  return fit;
}

function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const problem = problemOf(refusal);
  const body = JSON.stringify(problem);
  const headers = {
    "content-type": PROBLEM_MEDIA_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store",
    connection: "close",
    ...refusal.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}\r\n${lines.join("")}\r\n${body}`,
  );
}
