import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { gunzipSync, inflateSync } from "node:zlib";
import { nodeHash } from "@heliograph/agent/node";
import type { Credentials } from "@heliograph/agent/node";
import {
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeRequest,
  ha1,
  parseAuthorization,
  verifyAuthorization,
  writeChallenge,
} from "@heliograph/protocol";
import type {
  AcsAnswer,
  AcsParams,
  AcsRequest,
  DeviceAnswer,
  DeviceRequest,
  Fault,
  SoapEnvelope,
  SoapHeader,
} from "@heliograph/protocol";
import { Arrivals } from "./patience.ts";

/** How a device settled a call. */
export type Settled = DeviceAnswer | { readonly method: "Fault"; readonly fault: Fault };

interface Reply {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** A message belongs to it by its cookie, or, from a device without cookies, by its TCP connection. */
interface Session {
  readonly cookie: string;
  readonly socket: Socket;
  readonly namespace: string;
}

const REALM = "scripted";
const NOTHING: Reply = { status: 204 };

/**
 * The smallest ACS that a device can be tried on: it answers Informs, hands out what a test queued, one call after the
 * other, and keeps what devices said. It holds one session at a time.
 */
export class ScriptedAcs implements AsyncDisposable {
  readonly informs = new Arrivals<AcsParams<"Inform">>("an Inform");
  /** Requests besides Inform. */
  readonly requests = new Arrivals<AcsRequest>("a request of the device");
  readonly settled = new Arrivals<Settled>("an answer or a fault of the device");
  /** Sessions that ended with 204. */
  readonly endings = new Arrivals<true>("the end of a session");
  /** The Content-Encoding of each message that was not empty; "" where there was none. */
  readonly codings: string[] = [];
  readonly #credentials: Credentials | undefined;
  readonly #server = createServer((request, response) => {
    // A device that breaks off in the middle of its message gets no reply.
    this.#serve(request, response).catch(() => response.destroy());
  });
  readonly #calls: DeviceRequest[] = [];
  readonly #refusals: number[] = [];
  readonly #nonce = randomBytes(8).toString("hex");
  #header: SoapHeader = {};
  #session: Session | undefined;

  /** With credentials, devices must prove them (Digest). */
  constructor(credentials?: Credentials) {
    this.#credentials = credentials;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve()));
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the ACS is not open");
    return `http://127.0.0.1:${address.port}/acs`;
  }

  /** Queues a call for the next time that a device has nothing to ask. */
  call(request: DeviceRequest): void {
    this.#calls.push(request);
  }

  /** The next messages get these HTTP statuses and nothing else. */
  refuse(...statuses: readonly number[]): void {
    this.#refusals.push(...statuses);
  }

  /** What later messages carry in their SOAP header. */
  say(header: SoapHeader): void {
    this.#header = header;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    if (text !== "") this.codings.push(request.headers["content-encoding"] ?? "");
    const { status, headers = {}, body = "" } = this.#refusal(request) ?? this.#reply(request, text);
    const type = body === "" ? {} : { "content-type": 'text/xml; charset="utf-8"' };
    response.writeHead(status, { ...headers, ...type, "content-length": Buffer.byteLength(body) }).end(body);
  }

  #refusal({ headers }: IncomingMessage): Reply | undefined {
    const status = this.#refusals.shift();
    if (status !== undefined) return { status };
    if (this.#isProven(headers.authorization ?? "")) return undefined;
    const challenge = { realm: REALM, nonce: this.#nonce, qop: ["auth"], stale: false } as const;
    return { status: 401, headers: { "www-authenticate": writeChallenge(challenge) } };
  }

  #isProven(header: string): boolean {
    if (this.#credentials === undefined) return true;
    const given = parseAuthorization(header);
    if (given?.scheme !== "digest" || given.username !== this.#credentials.username) return false;
    return verifyAuthorization(nodeHash, given, {
      ha1: ha1(nodeHash, { ...this.#credentials, realm: REALM }),
      algorithm: "MD5",
      method: "POST",
      equals: (one, other) => one === other,
    });
  }

  #reply(request: IncomingMessage, text: string): Reply {
    const message = text === "" ? undefined : decodeEnvelope(text, { role: "acs", limits: defaultLimits });
    if (message?.ok === false) return { status: 400 };
    if (message?.value.body.kind === "request" && message.value.body.method === "Inform") {
      this.informs.add(message.value.body.params);
      return this.#begin(message.value, request.socket);
    }
    const session = this.#session;
    if (session === undefined || !belongs(request, session)) return { status: 400 };
    return message === undefined ? this.#next(session) : this.#take(message.value, session);
  }

  #begin({ id, namespace }: SoapEnvelope, socket: Socket): Reply {
    const cookie = `scripted=${randomBytes(8).toString("hex")}`;
    this.#session = { cookie, namespace, socket };
    const answer = { method: "Inform", result: { MaxEnvelopes: 1 } } as const;
    return {
      status: 200,
      headers: { "set-cookie": `${cookie}; Path=/` },
      body: encodeAnswer({ ...answer, id, namespace, header: this.#header }),
    };
  }

  #take({ id, namespace, body }: SoapEnvelope<"acs">, session: Session): Reply {
    if (body.kind === "request") {
      this.requests.add(body);
      return { status: 200, body: encodeAnswer({ ...answerTo(body), id, namespace, header: this.#header }) };
    }
    if (body.kind === "answer") this.settled.add(body);
    if (body.kind === "fault") this.settled.add({ method: "Fault", fault: body.fault });
    return this.#next(session);
  }

  #next({ namespace }: Session): Reply {
    const request = this.#calls.shift();
    if (request === undefined) {
      this.endings.add(true);
      return NOTHING;
    }
    const id = randomBytes(4).toString("hex");
    return { status: 200, body: encodeRequest({ request, id, namespace, header: this.#header }) };
  }
}

function belongs({ headers, socket }: IncomingMessage, session: Session): boolean {
  return headers.cookie === undefined ? socket === session.socket : headers.cookie.includes(session.cookie);
}

function answerTo(request: AcsRequest): AcsAnswer {
  switch (request.method) {
    case "Inform":
      return { method: request.method, result: { MaxEnvelopes: 1 } };
    case "GetRPCMethods":
      return {
        method: request.method,
        result: { MethodList: ["Inform", "GetRPCMethods", "TransferComplete"] },
      };
    default:
      return { method: request.method, result: {} };
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return decoded(Buffer.concat(chunks), request.headers["content-encoding"]).toString("utf8");
}

function decoded(bytes: Buffer, coding: string | undefined): Buffer {
  if (coding === "gzip") return gunzipSync(bytes);
  return coding === "deflate" ? inflateSync(bytes) : bytes;
}
