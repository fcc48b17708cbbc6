import type { IncomingMessage } from "node:http";
import { isLoopback, plainAddress } from "../address.ts";

/** Where a request came from, as far as we trust what says so. */
export interface Peer {
  /** In plain form. */
  readonly address: string;
  /** Whether it came from this machine itself. */
  readonly local: boolean;
  /** Whether its TCP connection is the device's own; a proxy's carries many devices. */
  readonly direct: boolean;
}

/**
 * With `behindProxy` the last X-Forwarded-For entry is the device's, since our proxy wrote it. Without, a request that a
 * proxy forwarded is nobody's own: it does not count as local, though the proxy is.
 */
export function peerOf(request: IncomingMessage, behindProxy: boolean): Peer {
  const socketAddress = plainAddress(request.socket.remoteAddress ?? "") ?? "0.0.0.0";
  const forwarded = lastHop(request.headers["x-forwarded-for"]);
  if (behindProxy) {
    const address = forwarded ?? socketAddress;
    return { address, local: forwarded !== undefined && isLoopback(forwarded), direct: false };
  }
  const direct = request.headers["x-forwarded-for"] === undefined && request.headers.forwarded === undefined;
  return { address: socketAddress, local: direct && isLoopback(socketAddress), direct };
}

const PORT = /^(\[[^\]]*\]|\d+\.\d+\.\d+\.\d+):\d+$/;

function lastHop(header: string | readonly string[] | undefined): string | undefined {
  const all = typeof header === "string" ? header : header?.join(",");
  const last = all?.slice(all.lastIndexOf(",") + 1).trim();
  return last === undefined ? undefined : plainAddress(PORT.exec(last)?.[1] ?? last);
}
