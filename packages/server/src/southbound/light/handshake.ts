import type { IncomingHttpHeaders } from "node:http";

/** What an upgrade request offers, as far as it says. */
export interface Handshake {
  /** In the device's order of preference. */
  readonly subprotocols: readonly string[];
  readonly token: string | undefined;
  /** Whether the one who asks is a browser, which sees no HTTP refusal [LIGHT 2]. */
  readonly isBlind: boolean;
}

/** The protocol entry in which browsers, who can set no header, hide their token. */
const BEARER_ENTRY = "bearer.";
const BEARER = /^Bearer +(\S+) *$/i;
/** Ours have about 400 characters. */
const MOST_TOKEN_CHARS = 4096;

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
