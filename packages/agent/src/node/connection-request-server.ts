import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { ha1, parseAuthorization, verifyAuthorization, writeChallenge } from "@heliograph/protocol";
import type { DigestAuthorization } from "@heliograph/protocol";
import { nodeHash } from "./authenticator.ts";
import type { Credentials } from "./authenticator.ts";

export interface ConnectionRequestServerOptions {
  /** Where it listens; loopback and any free port where not given. */
  readonly host?: string;
  readonly port?: number;
  /** The path that is asked for; random where not given [CWMP 1.4 3.2.2]. */
  readonly path?: string;
  /** Read at each request, as the ACS may set other ones. Without any, nobody is let in. */
  readonly credentials: () => Credentials | undefined;
  /** How many accepted requests a period may have; more get 503. 30 in a minute where not given. */
  readonly limit?: RequestLimit;
  /** False while it cannot be called, as during a restart: requests get 503. Always ready where not given. */
  readonly isReady?: () => boolean;
  /** Called after the answer has left. */
  readonly onConnectionRequest: () => void;
}

export interface RequestLimit {
  readonly requests: number;
  readonly periodMs: number;
}

export interface ConnectionRequestServer {
  /** What goes into ConnectionRequestURL. */
  readonly url: string;
  close(): Promise<void>;
}

type Verdict = "unknown" | "unavailable" | "accepted";

const STATUS: Readonly<Record<Verdict, number>> = { unknown: 401, unavailable: 503, accepted: 200 };
const REALM = "heliograph-agent";
const DEFAULT_LIMIT: RequestLimit = { requests: 30, periodMs: 60_000 };
/** Challenges that may be open at once: enough for every ACS, and a bound on what strangers can make us keep. */
const MAX_NONCES = 32;

/** Listens for the connection requests of the ACS: GET with Digest, `qop=auth` [CWMP 1.4 3.2.2]. */
export async function openConnectionRequestServer(
  options: ConnectionRequestServerOptions,
): Promise<ConnectionRequestServer> {
  const { host = "127.0.0.1", port = 0, path = `/${randomBytes(12).toString("hex")}` } = options;
  const gate = new Gate(options);
  const server = createServer((request, response) => serve({ request, response, path, gate, options }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return { url: `http://${authority(server)}${path}`, close: async () => close(server) };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly gate: Gate;
  readonly options: ConnectionRequestServerOptions;
}

function serve({ request, response, path, gate, options }: Exchange): void {
  request.resume();
  if (request.url !== path) {
    answer(response, 404);
  } else if (hasBody(request)) {
    answer(response, 400);
  } else if (request.method !== "GET") {
    answer(response, 405, { allow: "GET" });
  } else {
    const verdict = gate.judge(request.headers.authorization ?? "", path);
    if (verdict === "accepted") response.once("finish", options.onConnectionRequest);
    answer(response, STATUS[verdict], verdict === "unknown" ? { "www-authenticate": gate.challenge() } : {});
  }
}

/** A request with data is none [CWMP 1.4 3.2.2]. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, "content-length": "0" }).end();
}

/** Decides about each request: who may, and how often. */
class Gate {
  readonly #options: ConnectionRequestServerOptions;
  readonly #limit: RequestLimit;
  /** Nonces that were given out, each with the highest count seen. */
  readonly #nonces = new Map<string, number>();
  #accepted: number[] = [];

  constructor(options: ConnectionRequestServerOptions) {
    this.#options = options;
    this.#limit = options.limit ?? DEFAULT_LIMIT;
  }

  challenge(): string {
    const nonce = randomBytes(16).toString("hex");
    this.#nonces.set(nonce, 0);
    for (const oldest of this.#nonces.keys()) {
      if (this.#nonces.size <= MAX_NONCES) break;
      this.#nonces.delete(oldest);
    }
    return writeChallenge({ realm: REALM, nonce, qop: ["auth"], algorithm: "MD5", stale: false });
  }

  judge(header: string, path: string): Verdict {
    const authorization = parseAuthorization(header);
    if (authorization?.scheme !== "digest" || authorization.uri !== path) return "unknown";
    if (!this.#isGenuine(authorization) || !this.#isFirstUse(authorization)) return "unknown";
    if (this.#options.isReady?.() === false) return "unavailable";
    const now = performance.now();
    this.#accepted = this.#accepted.filter((at) => at > now - this.#limit.periodMs);
    if (this.#accepted.length >= this.#limit.requests) return "unavailable";
    this.#accepted.push(now);
    return "accepted";
  }

  #isGenuine(authorization: DigestAuthorization): boolean {
    const credentials = this.#options.credentials();
    if (credentials === undefined || authorization.username !== credentials.username) return false;
    if (authorization.qop !== "auth" || authorization.realm !== REALM) return false;
    const expected = ha1(nodeHash, { ...credentials, realm: REALM });
    return verifyAuthorization(nodeHash, authorization, {
      ha1: expected,
      algorithm: "MD5",
      method: "GET",
      equals: equalInConstantTime,
    });
  }

  /** An answer that was overheard is not taken a second time. */
  #isFirstUse({ nonce, nc = "" }: DigestAuthorization): boolean {
    const used = this.#nonces.get(nonce);
    const count = Number.parseInt(nc, 16);
    if (used === undefined || !(count > used)) return false;
    this.#nonces.set(nonce, count);
    return true;
  }
}

function equalInConstantTime(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function authority(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
