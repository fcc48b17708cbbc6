import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Server as SecureServer, ServerOptions as SecureOptions } from "node:https";
import type { Duplex } from "node:stream";
import { boundBody } from "../http/body-bound.ts";
import { defaultBounds as cwmpBounds } from "./cwmp/cwmp-settings.ts";
import type { CwmpGateway } from "./cwmp/gateway.ts";
import { last, plain as text, write } from "./cwmp/reply.ts";
import type { FileServer } from "./files/file-server.ts";
import { FILES_PATH } from "./files/file-url.ts";
import type { UploadServer } from "./files/upload-server.ts";
import { UPLOADS_PATH } from "./files/upload-url.ts";
import type { LightGateway } from "./light/gateway.ts";
import { defaultBounds as lightBounds } from "./light/light-settings.ts";
import { LIGHT_PATH } from "./light-url.ts";
import { closeNow, listenOn, OUR_TLS, tlsOptions } from "./listening.ts";
import type { Address, CertificatePair } from "./listening.ts";
import { trafficOf, type Traffic } from "./traffic.ts";

export type { Address, CertificatePair } from "./listening.ts";

export interface SouthboundListener {
  readonly address: Address;
  /** Of the listener with TLS; undefined where there is none. */
  readonly secureAddress: Address | undefined;
  /** Of both listeners; undefined where there is none. */
  readonly traffic: { readonly http: Traffic; readonly https: Traffic | undefined };
  /** From now on connections by TLS are shown this certificate; those that are open stay as they are. */
  useCertificate(pair: CertificatePair): void;
  /** Listens no more and cuts all connections there are. Closing twice is no error. */
  close(): Promise<void>;
}

/** Who takes what devices send; where one is left out, nobody is at its path. */
export interface Gateways {
  readonly cwmp?: Pick<CwmpGateway, "serve">;
  readonly light?: Pick<LightGateway, "upgrade">;
  readonly files?: Pick<FileServer, "serve">;
  readonly uploads?: Pick<UploadServer, "serve">;
}

export interface ListenerSettings {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Where to listen with TLS besides; left out, nowhere. */
  readonly tls?: Address & { readonly pair: CertificatePair };
  /** The path of the ACS URL; `/` unless said otherwise. */
  readonly path?: string;
  readonly bounds?: Partial<ListenerBounds>;
}

/** How much, and for how long, each of the two listeners bears. */
export interface ListenerBounds {
  /** How long a connection may stay without a request. */
  readonly idleTimeoutMs: number;
  /** How long a device may take to send one request, other than a file. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

/** A device keeps its connection from Inform to 204, and closes it itself: some take it ill when the ACS does. */
const IDLE_MARGIN_MS = 5_000;
/** For the header of a request, and for a TLS handshake. */
const PROMPT_MS = 10_000;

const defaultBounds: ListenerBounds = {
  idleTimeoutMs: cwmpBounds.maxSessionTimeoutMs + IDLE_MARGIN_MS,
  requestTimeoutMs: 60_000,
  maxConnections: 2 * cwmpBounds.maxSessions + lightBounds.maxConnections,
};

/**
 * Listens for devices, with TLS besides where there is a certificate, and leads them by the path of their request. Rejects
 * where an address cannot be listened on or the certificate and its key do not fit.
 */
export async function startListener(
  gateways: Gateways,
  { path = "/", tls, bounds, ...at }: ListenerSettings,
): Promise<SouthboundListener> {
  await using starting = new AsyncDisposableStack();
  const doors = { gateways, path, bounds: { ...defaultBounds, ...bounds }, starting };
  const plain = createServer(serverOptions(doors));
  const secure = tls && createSecureServer(secureOptions(tls.pair, doors));
  const { address, traffic: http } = await open(plain, at, doors);
  const opened = secure && (await open(secure, tls, doors));
  const running = starting.move();
  return {
    address,
    secureAddress: opened?.address,
    traffic: { http, https: opened?.traffic },
    useCertificate: (pair) => secure?.setSecureContext({ ...OUR_TLS, ...pair }),
    close: () => running.disposeAsync(),
  };
}

function serverOptions({ gateways, bounds }: Doors): ServerOptions {
  const { idleTimeoutMs, requestTimeoutMs } = bounds;
  return {
    keepAliveTimeout: idleTimeoutMs,
    // Bodies are bounded one by one: files may take longer.
    requestTimeout: 0,
    headersTimeout: Math.min(PROMPT_MS, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    // Whatever else asks for an upgrade, as some HTTP libraries do with each POST, is answered as if it did not.
    shouldUpgradeCallback: (request) => gateways.light !== undefined && isForLight(request),
  };
}

function secureOptions(pair: CertificatePair, doors: Doors): SecureOptions {
  const handshakeTimeout = Math.min(PROMPT_MS, doors.bounds.requestTimeoutMs);
  return { ...serverOptions(doors), ...tlsOptions(pair), handshakeTimeout };
}

interface Doors {
  readonly gateways: Gateways;
  readonly path: string;
  readonly bounds: ListenerBounds;
  /** What listens so far, to be closed again. */
  readonly starting: AsyncDisposableStack;
}

/** A device may close its side as soon as it has said all [RFC 9112 9.6]; it is answered all the same. */
const HALF_OPEN = { httpAllowHalfOpen: true } as const;

interface Opened {
  readonly address: Address;
  readonly traffic: Traffic;
}

async function open(server: Server | SecureServer, at: Address, doors: Doors): Promise<Opened> {
  const traffic = trafficOf(server);
  Object.assign(server, HALF_OPEN).maxConnections = doors.bounds.maxConnections;
  const { requestTimeoutMs } = doors.bounds;
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    boundBody({ server, request, response }, requestTimeoutMs);
    serve(doors, request, response);
  };
  server.on("request", take);
  server.on("checkContinue", (request, response) => {
    // A message that is refused by its length alone is not asked for.
    const isMessage = !pathOf(request).startsWith(UPLOADS_PATH);
    const isTooLarge =
      isMessage && Number(request.headers["content-length"] ?? 0) > cwmpBounds.limits.maxChars;
    if (!isTooLarge) response.writeContinue();
    take(request, response);
  });
  // Node would refuse other expectations, and in chunks; they may be passed over as well [RFC 9110 10.1.1].
  server.on("checkExpectation", take);
  server.on("upgrade", (request, socket, head) => {
    upgrade(doors, { request, socket, head });
  });
  const address = await listenOn(server, at);
  doors.starting.defer(() => closeNow(server, traffic.sockets));
  return { address, traffic };
}

function serve({ gateways, path }: Doors, request: IncomingMessage, response: ServerResponse): void {
  const asked = pathOf(request);
  const transfers = asked.startsWith(FILES_PATH)
    ? gateways.files
    : asked.startsWith(UPLOADS_PATH)
      ? gateways.uploads
      : undefined;
  if (transfers !== undefined) {
    transfers.serve(request, response);
    return;
  }
  const { cwmp, light } = gateways;
  if (asked === path && cwmp !== undefined) cwmp.serve(request, response);
  else if (asked === LIGHT_PATH && light !== undefined) {
    write(request, response, last(text(400, `${LIGHT_PATH} is opened as a WebSocket`)));
  } else {
    const line = cwmp === undefined ? `the light transport is at ${LIGHT_PATH}` : `the ACS is at ${path}`;
    write(request, response, last(text(404, line)));
  }
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade({ gateways }: Doors, { request, socket, head }: Upgrade): void {
  // From here on HTTP does not listen any more, and a device may be gone before anybody else does.
  socket.on("error", destroy);
  // Node before 24.9 does not ask which upgrades to take.
  if (isForLight(request) && gateways.light !== undefined) gateways.light.upgrade(request, socket, head);
  else socket.destroy();
}

function destroy(this: Duplex): void {
  this.destroy();
}

function isForLight(request: IncomingMessage): boolean {
  return pathOf(request) === LIGHT_PATH && request.headers.upgrade?.toLowerCase() === "websocket";
}

function pathOf({ url = "" }: IncomingMessage): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
