import { request } from "node:http";
import type { Agent, IncomingMessage } from "node:http";
import type { WakeTrace } from "../trace/wake-trace.ts";
import type { Target } from "./target.ts";

/** One GET of a connection request. */
export interface Get {
  readonly target: Target;
  /** Where the target's host was found; connected to as it is. */
  readonly address: string;
  readonly authorization?: string | undefined;
  /** Keeps the connection for the answer to the challenge: some devices know their nonce only there. */
  readonly agent: Agent;
  readonly signal: AbortSignal;
  /** Of a device that is traced. */
  readonly trace?: WakeTrace | undefined;
}

/** What a device's connection request server says, or why nothing came of it. */
export type Got =
  | { readonly type: "reply"; readonly status: number; readonly challenges: string }
  | { readonly type: "failed"; readonly why: string };

/** Devices answer in a few lines; whatever sends more is none. */
const MAX_BYTES = 4096;
/** How long a refusal's body is waited for; some devices neither say where it ends nor close. */
const BODY_PATIENCE_MS = 500;

/**
 * Asks once, or twice where the kept connection turns out to be closed. The parser is the lenient one: devices fold header
 * lines and end them with LF alone.
 */
export async function get(plan: Get): Promise<Got> {
  try {
    return await attempt(plan);
  } catch (error) {
    if (error instanceof StaleConnectionError && !plan.signal.aborted) return get(plan);
    return { type: "failed", why: plan.signal.aborted ? "it gave no answer in time" : reasonOf(error) };
  }
}

/** The device had closed the connection that its challenge came on. */
class StaleConnectionError extends Error {
  override readonly name = "StaleConnectionError";
}

function attempt({ target, address, authorization, agent, signal, trace }: Get): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const headers = {
    Host: target.authority,
    "User-Agent": "heliograph",
    ...(authorization === undefined ? {} : { Authorization: authorization }),
  };
  trace?.asked(target.path, headers);
  const outgoing = request({
    host: address,
    port: target.port,
    path: target.path,
    agent,
    signal,
    setHost: false,
    insecureHTTPParser: true,
    maxHeaderSize: MAX_BYTES,
    headers,
  });
  outgoing.on("error", (error) => {
    reject(outgoing.reusedSocket ? new StaleConnectionError("closed", { cause: error }) : error);
  });
  outgoing.on("upgrade", (_reply, socket) => {
    socket.destroy();
    resolve({ type: "failed", why: NOT_HTTP });
  });
  // An endless row of interim replies is no answer.
  outgoing.on("information", () => {
    if ((outgoing.socket?.bytesRead ?? 0) > MAX_BYTES)
      outgoing.destroy(new Error("too many interim replies"));
  });
  outgoing.on("response", (reply) => {
    trace?.answered(reply);
    const { statusCode: status = 0, headers: said } = reply;
    const got = { type: "reply", status, challenges: said["www-authenticate"] ?? "" } as const;
    if (status !== 401) {
      reply.destroy();
      resolve(got);
      return;
    }
    drain(reply).then(() => {
      resolve(got);
    }, reject);
  });
  outgoing.end();
  return promise;
}

/** Reads a challenge's body away, so that the connection can be used again; a long or endless one costs it. Never rejects. */
function drain(reply: IncomingMessage): Promise<void> {
  let length = 0;
  const end = (): void => {
    reply.destroy();
  };
  const timer = setTimeout(end, BODY_PATIENCE_MS);
  return new Promise((resolve) => {
    reply.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BYTES) end();
    });
    reply.on("error", end);
    reply.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const NOT_HTTP = "its answer is not HTTP";
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "it closed the connection without an answer"],
  ["EHOSTUNREACH", "no way leads there"],
  ["ENETUNREACH", "no way leads there"],
  ["ETIMEDOUT", "it gave no answer in time"],
  ["HPE_HEADER_OVERFLOW", "its answer is longer than a device's"],
]);

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS.get(code) ?? (code.startsWith("HPE_") ? NOT_HTTP : "the connection failed");
}
