import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { isLoopback, plainAddress } from "./address.ts";
import { certifiedBy } from "./client-certificate.ts";
import type { CertifiedDevices } from "./client-certificate.ts";

/** Where a request came from, as far as we trust what says so. */
export interface Peer {
  /** In plain form. */
  readonly address: string;
  /** Whether it came from this machine itself. */
  readonly local: boolean;
  /** Whether its TCP connection is the device's own; a proxy's carries many devices. */
  readonly direct: boolean;
  /** Whether it came by TLS all the way: by ours, or by that of the proxy that we trust to say so. */
  readonly secure: boolean;
  /** Whose certificate it has shown us itself; that of a proxy is no device's. */
  readonly certified?: CertifiedDevices;
}

/**
 * With `behindProxy` the last entries of X-Forwarded-For and X-Forwarded-Proto are the device's, since our proxy wrote them.
 * Without, a request that a proxy forwarded is nobody's own: it counts neither as local, though the proxy is, nor as secure.
 */
export function peerOf(request: IncomingMessage, behindProxy: boolean): Peer {
  const { headers, socket } = request;
  const socketAddress = plainAddress(socket.remoteAddress ?? "") ?? "0.0.0.0";
  const encrypted = socket instanceof TLSSocket;
  if (behindProxy) {
    const forwarded = addressOf(lastHop(headers["x-forwarded-for"]));
    const scheme = lastHop(headers["x-forwarded-proto"]);
    return {
      address: forwarded ?? socketAddress,
      local: forwarded !== undefined && isLoopback(forwarded),
      direct: false,
      secure: scheme === undefined ? encrypted : scheme.toLowerCase() === "https",
    };
  }
  const direct = headers["x-forwarded-for"] === undefined && headers.forwarded === undefined;
  const local = direct && isLoopback(socketAddress);
  const certified = direct ? certifiedBy(socket) : undefined;
  return {
    address: socketAddress,
    local,
    direct,
    secure: direct && encrypted,
    ...(certified === undefined ? {} : { certified }),
  };
}

const PORT = /^(\[[^\]]*\]|\d+\.\d+\.\d+\.\d+):\d+$/;

function addressOf(hop: string | undefined): string | undefined {
  return hop === undefined ? undefined : plainAddress(PORT.exec(hop)?.[1] ?? hop);
}

function lastHop(header: string | readonly string[] | undefined): string | undefined {
  const all = typeof header === "string" ? header : header?.join(",");
  return all?.slice(all.lastIndexOf(",") + 1).trim();
}
