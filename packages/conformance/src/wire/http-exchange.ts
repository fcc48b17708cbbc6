import { randomBytes } from "node:crypto";
import { request as plainRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import type { Duplex } from "node:stream";
import { RawSocket } from "./raw-socket.ts";

/** Whose certificates are taken. */
export interface Trust {
  /** PEM, in place of the authorities that Node trusts. */
  readonly ca?: string;
  readonly isInsecure?: boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly url: string;
  readonly trust: Trust;
  readonly waitMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export type Opening =
  | { readonly is: "open"; readonly socket: RawSocket; readonly subprotocol: string | undefined }
  | { readonly is: "refused"; readonly status: number; readonly headers: IncomingHttpHeaders };

/** Posts a body. Rejects where no answer comes. */
export async function post(ask: Ask, body: string): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const outgoing = requestFor(ask, "POST");
  outgoing.once("error", reject);
  outgoing.once("response", (incoming) => {
    textOf(incoming).then(
      (text) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      reject,
    );
  });
  outgoing.end(body);
  return promise;
}

/** Opens a WebSocket. Rejects where no answer comes. */
export async function openSocket(ask: Ask): Promise<Opening> {
  const { promise, resolve, reject } = Promise.withResolvers<Opening>();
  const outgoing = requestFor(
    { ...ask, headers: { ...upgrade(), ...ask.headers }, url: ask.url.replace(/^ws/, "http") },
    "GET",
  );
  outgoing.once("error", reject);
  outgoing.once("upgrade", (incoming: IncomingMessage, stream: Duplex, head: Buffer) => {
    const socket = new RawSocket(stream, { isClient: true, head });
    resolve({ is: "open", socket, subprotocol: incoming.headers["sec-websocket-protocol"] });
  });
  outgoing.once("response", (incoming) => {
    incoming.resume();
    resolve({ is: "refused", status: incoming.statusCode ?? 0, headers: incoming.headers });
  });
  outgoing.end();
  return promise;
}

function upgrade(): Readonly<Record<string, string>> {
  return {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
  };
}

function requestFor({ url, trust, waitMs, headers }: Ask, method: string) {
  const signal = AbortSignal.timeout(waitMs);
  const options = { method, headers, agent: false, signal } as const;
  if (!url.startsWith("https:")) return plainRequest(url, options);
  const { ca, isInsecure = false } = trust;
  return secureRequest(url, {
    ...options,
    rejectUnauthorized: !isInsecure,
    ...(ca === undefined ? {} : { ca }),
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  incoming.once("end", () => resolve(Buffer.concat(chunks).toString("utf8"))).once("error", reject);
  return promise;
}
