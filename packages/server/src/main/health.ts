import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { lookAtReadiness, type Check, type ReadinessPorts } from "../northbound/readiness.ts";
import { asError, type Metrics } from "../ports/index.ts";
import { closeNow, listenOn, socketsOf, type Address } from "../southbound/listening.ts";

export interface HealthPorts extends ReadinessPorts {
  readonly metrics: Metrics;
}

export interface Health {
  readonly address: Address;
  /** Listens no more. Closing twice is no error. */
  close(): Promise<void>;
}

/** What somebody is told who asks. */
interface Told {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** For its header: whoever asks has nothing else to say. */
const HEADERS_MS = 5_000;
const MOST_CONNECTIONS = 100;

/** Says how a process is that managers do not speak to: whether it lives, whether it can do its work, and its numbers. */
export async function startHealth(ports: HealthPorts, at: Address): Promise<Health> {
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS });
  const sockets = socketsOf(server);
  server.maxConnections = MOST_CONNECTIONS;
  server.on("request", (request, response) => {
    void answer(ports, request, response);
  });
  const address = await listenOn(server, at);
  return { address, close: () => closeNow(server, sockets) };
}

async function answer(ports: HealthPorts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Whoever sends a body has come to the wrong door.
  request.resume();
  const { status, type, text } = await tell(ports, request).catch((error: unknown) => {
    ports.log.error("health could not be told", { error: asError(error) });
    return json(500, { status: "failed" });
  });
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(text);
}

async function tell(ports: HealthPorts, { method, url = "" }: IncomingMessage): Promise<Told> {
  if (method !== "GET" && method !== "HEAD") return json(405, { status: "refused" });
  switch (url.replace(/\?.*$/, "")) {
    case "/healthz":
      return json(200, { status: "alive" });
    case "/readyz":
      return readiness(await lookAtReadiness(ports));
    case "/metrics":
      return {
        status: 200,
        type: "text/plain; version=0.0.4; charset=utf-8",
        text: await ports.metrics.text(),
      };
    default:
      return json(404, { status: "unknown" });
  }
}

/** A disk that is full keeps nobody away: what needs no change goes on. */
function readiness(checks: readonly Check[]): Told {
  const troubles = checks.flatMap(({ why }) => (why === undefined ? [] : [why]));
  const isReady = checks.every(({ name, state }) => state === "good" || name === "changing");
  const trouble = troubles.length === 0 ? {} : { trouble: troubles.join("; ") };
  return json(isReady ? 200 : 503, { status: isReady ? "ready" : "not-ready", checks, ...trouble });
}

function json(status: number, said: object): Told {
  return { status, type: "application/json; charset=utf-8", text: `${JSON.stringify(said)}\n` };
}
