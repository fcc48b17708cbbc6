import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { Link, LinkListener, LinkRefusal, LinkTarget, LightTransport } from "../light/link.ts";

export interface WebSocketTransportOptions {
  /** Certificate authorities in place of the system's, as PEM, for `wss:`. */
  readonly ca?: string | undefined;
}

/** How long the ACS may take to answer the upgrade. */
const HANDSHAKE_MS = 30_000;
/** What a device takes unless it says otherwise in Attach [LIGHT 3]. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** WebSockets of Node [RFC 6455]. */
export function webSocketTransport({ ca }: WebSocketTransportOptions = {}): LightTransport {
  return {
    open(target, listener) {
      const socket = new WebSocket(target.url, [...target.subprotocols], {
        headers: { authorization: `Bearer ${target.token}` },
        handshakeTimeout: HANDSHAKE_MS,
        maxPayload: MAX_MESSAGE_BYTES,
        // Off on both sides: it costs more memory and time than the bytes are worth [LIGHT 3].
        perMessageDeflate: false,
        ...(ca === undefined ? {} : { ca }),
      });
      hear(socket, target, listener);
      return link(socket);
    },
  };
}

function hear(socket: WebSocket, { url, subprotocols }: LinkTarget, listener: LinkListener): void {
  let refusal: LinkRefusal = { reason: `${new URL(url).host} does not open a connection` };
  let isOpened = false;
  socket.once("open", () => {
    isOpened = true;
    listener.opened(socket.protocol);
  });
  socket.once("upgrade", ({ headers }) => {
    const taken = headers["sec-websocket-protocol"];
    if (taken === undefined || !subprotocols.includes(taken))
      refusal = { isFinal: true, reason: "the ACS takes none of the subprotocols" };
  });
  socket.once("unexpected-response", (_request, response) => {
    refusal = refusalOf(response);
    socket.terminate();
  });
  socket.on("error", (error) => {
    if (!isOpened && refusal.status === undefined && refusal.isFinal === undefined)
      refusal = { reason: `${new URL(url).host}: ${error.message}` };
  });
  socket.on("message", (data, isBinary) => {
    if (!Buffer.isBuffer(data)) return;
    listener.received(isBinary ? new Uint8Array(data) : data.toString());
  });
  socket.on("ping", () => listener.heard());
  socket.once("close", (code, reason) => {
    if (isOpened) listener.closed(code, reason.toString());
    else listener.refused(refusal);
  });
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage): LinkRefusal {
  const notBeforeMs = retryAfterMs(headers["retry-after"]);
  return {
    status: statusCode,
    reason: `the ACS refuses the connection with HTTP status ${statusCode}`,
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
  };
}

/** Seconds or a date [RFC 9110 10.2.3]. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,7}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function link(socket: WebSocket): Link {
  return {
    send: (text, handed) => socket.send(text, (error) => handed(!(error instanceof Error))),
    close: (code) => socket.close(code),
    drop: () => socket.terminate(),
  };
}
