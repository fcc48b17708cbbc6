import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Refusal } from "./refusal.ts";

/** What an upgrade request offers, as far as it says. */
export interface Handshake {
  /** In the device's order of preference. */
  readonly subprotocols: readonly string[];
  readonly token: string | undefined;
  /** Whether the one who asks is a browser, which sees no HTTP refusal [LIGHT 2]. */
  readonly isBlind: boolean;
}

/** Of a connection that began without one. */
export const NO_HANDSHAKE: Handshake = { subprotocols: [], token: undefined, isBlind: true };

/** The protocol entry in which browsers, who can set no header, hide their token. */
const BEARER_ENTRY = "bearer.";
const BEARER = /^Bearer +(\S+) *$/i;
/** Ours have about 400 characters. */
const MOST_TOKEN_CHARS = 4096;
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/;
const VERSION = "13";

/** What makes a request no handshake, whoever sends it [RFC 6455 4.2.1]; undefined where it is one. */
export function flawOf({
  method,
  httpVersionMajor,
  httpVersionMinor,
  headers,
}: Pick<IncomingMessage, "method" | "httpVersionMajor" | "httpVersionMinor" | "headers">):
  Refusal | undefined {
  if (method !== "GET") {
    return { status: 405, line: "a WebSocket is asked for by GET", headers: { Allow: "GET" } };
  }
  if (httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1)) {
    return { status: 400, line: "a WebSocket is asked for by HTTP/1.1" };
  }
  if (headers.host === undefined) return { status: 400, line: "Host is missing" };
  if (headers["sec-websocket-version"] !== VERSION) {
    const spoken = { Upgrade: "websocket", Connection: "Upgrade, close", "Sec-WebSocket-Version": VERSION };
    return { status: 426, line: `only version ${VERSION} of WebSocket is spoken here`, headers: spoken };
  }
  if (!KEY.test(headers["sec-websocket-key"] ?? "")) {
    return { status: 400, line: "Sec-WebSocket-Key must be 16 bytes in base64, once" };
  }
  return undefined;
}

export function readHandshake(headers: IncomingHttpHeaders): Handshake {
  const entries = (headers["sec-websocket-protocol"] ?? "").split(",").map((entry) => entry.trim());
  const hidden = entries.find((entry) => entry.startsWith(BEARER_ENTRY))?.slice(BEARER_ENTRY.length);
  const token = BEARER.exec(headers.authorization ?? "")?.[1] ?? hidden;
  return {
    subprotocols: entries.filter((entry) => entry !== "" && !entry.startsWith(BEARER_ENTRY)),
    token: token !== undefined && token.length <= MOST_TOKEN_CHARS ? token : undefined,
    isBlind: hidden !== undefined,
  };
}
