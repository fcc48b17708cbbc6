import { constants } from "node:crypto";
import type { Server, Socket } from "node:net";
import type { TlsOptions } from "node:tls";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A certificate with what leads to its root, and its private key, both PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
  /** The authorities whose certificates devices may show, PEM; left out, none is asked for. */
  readonly ca?: string;
  /** {@link OLD_TLS}, where devices may have no newer one. */
  readonly minVersion?: "TLSv1";
  readonly ciphers?: string;
}

/** A device may show a certificate where there are authorities for it; who shows none, or one that is not good, may still have a password. */
export function tlsOptions(pair: CertificatePair): TlsOptions {
  return { ...OUR_TLS, ...pair, requestCert: pair.ca !== undefined, rejectUnauthorized: false };
}

/** What all our listeners with TLS have, whatever their certificate. Whose connection it is does not change while it lasts. */
export const OUR_TLS = { minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_RENEGOTIATION } as const;

/** What TLS 1.0 and 1.1 need besides being allowed: their hashes are below what OpenSSL holds for safe. */
export const OLD_TLS = { minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

/**
 * Connections that wait to be taken, as far as the system lets them: devices that all come back at once, to a process that is
 * busy. One more is reset only after many seconds, and its device takes that for a lost ACS.
 */
export const MOST_WAITING = 4_096;

/** Rejects where the address cannot be listened on. */
export function listenOn(server: Server, { host, port }: Address): Promise<Address> {
  const { promise, resolve, reject } = Promise.withResolvers<Address>();
  server.once("error", reject);
  server.listen({ port, host, backlog: MOST_WAITING }, () => {
    server.off("error", reject);
    const bound = server.address();
    if (bound === null || typeof bound === "string") reject(new Error("not listening on a TCP port"));
    else resolve({ host: bound.address, port: bound.port });
  });
  return promise;
}

/** The sockets of a server, as long as they are open. */
export function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** Listens no more and cuts all connections there are. */
export async function closeNow(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const socket of sockets) socket.destroy();
  });
}
