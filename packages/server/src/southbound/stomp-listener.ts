import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import type { LightGateway } from "./light/gateway.ts";
import { defaultBounds } from "./light/light-settings.ts";
import { closeNow, listenOn, OUR_TLS, tlsOptions } from "./listening.ts";
import type { Address, CertificatePair } from "./listening.ts";
import { trafficOf, type Traffic } from "./traffic.ts";

/** Where devices that speak STOMP connect without a WebSocket. */
export interface StompListener {
  /** Undefined where there is none. */
  readonly address: Address | undefined;
  readonly secureAddress: Address | undefined;
  /** Of both; undefined where there is none. */
  readonly traffic: { readonly stomp: Traffic | undefined; readonly stomps: Traffic | undefined };
  /** From now on connections by TLS are shown this certificate; those that are open stay as they are. */
  useCertificate(pair: CertificatePair): void;
  /** Listens no more and cuts all connections there are. Closing twice is no error. */
  close(): Promise<void>;
}

export interface StompListenerSettings {
  /** Left out, nowhere; port 0 takes any free one. */
  readonly plain?: Address;
  readonly tls?: Address & { readonly pair: CertificatePair };
  readonly bounds?: Partial<StompListenerBounds>;
}

export interface StompListenerBounds {
  /** How long a device may take to shake hands. */
  readonly handshakeTimeoutMs: number;
  readonly maxConnections: number;
}

const defaultListenerBounds: StompListenerBounds = {
  handshakeTimeoutMs: 10_000,
  maxConnections: defaultBounds.maxConnections + defaultBounds.maxWaiting,
};

interface Opened {
  readonly address: Address;
  readonly traffic: Traffic;
}

/** Rejects where an address cannot be listened on or the certificate and its key do not fit. */
export async function startStompListener(
  gateway: Pick<LightGateway, "accept">,
  { plain, tls, bounds }: StompListenerSettings,
): Promise<StompListener> {
  await using starting = new AsyncDisposableStack();
  const { handshakeTimeoutMs, maxConnections } = { ...defaultListenerBounds, ...bounds };
  const accept = (socket: Socket): void => {
    gateway.accept(socket);
  };
  const open = async (server: Server, at: Address): Promise<Opened> => {
    const traffic = trafficOf(server);
    server.maxConnections = maxConnections;
    const address = await listenOn(server, at);
    starting.defer(() => closeNow(server, traffic.sockets));
    return { address, traffic };
  };
  const server = plain && createServer(accept);
  const options = tls && { ...tlsOptions(tls.pair), handshakeTimeout: handshakeTimeoutMs };
  const secure = options && createSecureServer(options, accept);
  // Nobody else ends a handshake that fails, or takes too long.
  secure?.on("tlsClientError", (_error, socket) => {
    socket.destroy();
  });
  const opened = server && (await open(server, plain));
  const secured = secure && (await open(secure, tls));
  const running = starting.move();
  return {
    address: opened?.address,
    secureAddress: secured?.address,
    traffic: { stomp: opened?.traffic, stomps: secured?.traffic },
    useCertificate: (pair) => secure?.setSecureContext({ ...OUR_TLS, ...pair }),
    close: () => running.disposeAsync(),
  };
}
