import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { ha1, parseAuthorization, verifyAuthorization, writeChallenge } from "@heliograph/protocol";
import type { DigestAuthorization } from "@heliograph/protocol";
import { nodeHash } from "./authenticator.ts";
import type { Credentials } from "../credentials.ts";

/** The listener of one device. */
export interface ConnectionRequestServer {
  /** What goes into ConnectionRequestURL. */
  readonly url: string;
  close(): Promise<void>;
}

/** One HTTP server for the connection requests of any number of devices, each at a path of its own. */
export interface SharedConnectionRequests {
  /** Takes the connection requests of one more device. Throws where another has its path. */
  accept(options: ConnectionRequestOptions): ConnectionRequestAddress;
  /** Also ends what it accepts. */
  close(): Promise<void>;
}

export interface ConnectionRequestOptions {
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

export interface ConnectionRequestAddress {
  readonly url: string;
  /** From now on its requests get 404. */
  close(): void;
}

export interface Listening {
  /** Loopback where not given. */
  readonly host?: string;
  /** Any free one where not given. */
  readonly port?: number;
}

type Verdict = "unknown" | "unavailable" | "accepted";

const STATUS: Readonly<Record<Verdict, number>> = { unknown: 401, unavailable: 503, accepted: 200 };
const REALM = "heliograph-agent";
const DEFAULT_LIMIT: RequestLimit = { requests: 30, periodMs: 60_000 };
/** Challenges that may be open at once: enough for every ACS, and a bound on what strangers can make us keep. */
const MAX_NONCES = 32;

/** Listens for the connection requests of the ACS: GET with Digest, `qop=auth` [CWMP 1.4 3.2.2]. */
export async function listenForConnectionRequests({
  host = "127.0.0.1",
  port = 0,
}: Listening = {}): Promise<SharedConnectionRequests> {
  const gates = new Map<string, Gate>();
  const server = createServer((request, response) => serve(request, response, gates.get(request.url ?? "")));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  const origin = `http://${authority(server)}`;
  return {
    accept(options) {
      const { path = `/${randomBytes(12).toString("hex")}` } = options;
      if (gates.has(path)) throw new Error(`${path} is another device's`);
      gates.set(path, new Gate(path, options));
      return { url: origin + path, close: () => void gates.delete(path) };
    },
    close: async () => close(server),
  };
}

/** Listens for one device alone. */
export async function openConnectionRequestServer({
  host = "127.0.0.1",
  port = 0,
  ...options
}: ConnectionRequestOptions & Listening): Promise<ConnectionRequestServer> {
  const listener = await listenForConnectionRequests({ host, port });
  const { url } = listener.accept(options);
  return { url, close: async () => listener.close() };
}

function serve(request: IncomingMessage, response: ServerResponse, gate: Gate | undefined): void {
  request.resume();
  if (gate === undefined) {
    answer(response, 404);
  } else if (hasBody(request)) {
    answer(response, 400);
  } else if (request.method !== "GET") {
    answer(response, 405, { allow: "GET" });
  } else {
    const verdict = gate.judge(request.headers.authorization ?? "");
    if (verdict === "accepted") response.once("finish", () => gate.open());
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
  readonly #path: string;
  readonly #options: ConnectionRequestOptions;
  readonly #limit: RequestLimit;
  /** Nonces that were given out, each with the highest count seen. */
  readonly #nonces = new Map<string, number>();
  #accepted: number[] = [];

  constructor(path: string, options: ConnectionRequestOptions) {
    this.#path = path;
    this.#options = options;
    this.#limit = options.limit ?? DEFAULT_LIMIT;
  }

  open(): void {
    this.#options.onConnectionRequest();
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

  judge(header: string): Verdict {
    const authorization = parseAuthorization(header);
    if (authorization?.scheme !== "digest" || authorization.uri !== this.#path) return "unknown";
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
