import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { asError } from "../../ports/index.ts";
import { boundedLog } from "../bounded-log.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { defaultBounds } from "./cwmp-settings.ts";
import type { CwmpBounds, CwmpSettings } from "./cwmp-settings.ts";
import { Reception } from "./reception.ts";
import { last, plain, unavailable, withHeader, write } from "./reply.ts";
import type { Reply } from "./reply.ts";

export interface CwmpGateway {
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no new sessions, lets the running ones end for a while, cuts the rest. Closing twice is no error. */
  close(): Promise<void>;
}

/** Serves CWMP over HTTP: holds the sessions of classic devices and asks the engine what to call in them. */
export async function startCwmpGateway(given: SouthboundPorts, settings: CwmpSettings): Promise<CwmpGateway> {
  const ports = { ...given, log: boundedLog(given.log, given.clock) };
  const bounds = { ...defaultBounds, ...settings.bounds };
  const reception = new Reception(ports, settings, bounds);
  const server = createServer(serverOptions(bounds), (request, response) => {
    void serve({ ports, settings, reception }, request, response);
  });
  server.maxConnections = 2 * bounds.maxSessions;
  const { address, port } = await listen(server, settings);
  let closing: Promise<void> | undefined;
  return {
    address: { host: address, port },
    close: () => (closing ??= close(server, reception)),
  };
}

/** A device keeps its connection from Inform to 204, and closes it itself: some take it ill when the ACS does. */
const KEEP_ALIVE_MARGIN_MS = 5_000;
const HEADERS_TIMEOUT_MS = 10_000;

function serverOptions({ maxSessionTimeoutMs, requestTimeoutMs }: CwmpBounds): ServerOptions {
  return {
    keepAliveTimeout: maxSessionTimeoutMs + KEEP_ALIVE_MARGIN_MS,
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
  };
}

type ServerOptions = Parameters<typeof createServer>[0] & object;

function listen(server: Server, { host, port }: CwmpSettings): Promise<{ address: string; port: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ address: string; port: number }>();
  server.once("error", reject);
  server.listen(port, host, () => {
    server.off("error", reject);
    const bound = server.address();
    if (bound === null || typeof bound === "string") reject(new Error("not listening on a TCP port"));
    else resolve(bound);
  });
  return promise;
}

interface Serving {
  readonly ports: SouthboundPorts;
  readonly settings: CwmpSettings;
  readonly reception: Reception;
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const misdirected = misdirection(request, serving.settings.path ?? "/");
  if (misdirected !== undefined) {
    write(request, response, misdirected);
    return;
  }
  try {
    await serving.reception.receive(request, (reply) => write(request, response, reply));
  } catch (error) {
    serving.ports.log.error("a device could not be served", { error: asError(error) });
    write(request, response, unavailable("the ACS cannot answer now", 60));
  }
}

/** A request that no CWMP device sends to its ACS. */
function misdirection({ method, url = "" }: IncomingMessage, path: string): Reply | undefined {
  if (url.replace(/\?.*$/, "") !== path) return last(plain(404, `the ACS is at ${path}`));
  if (method !== "POST") return last(withHeader(plain(405, "CWMP is spoken by POST"), "Allow", "POST"));
  return undefined;
}

async function close(server: Server, reception: Reception): Promise<void> {
  await reception.close();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
