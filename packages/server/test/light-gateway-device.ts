import { setImmediate } from "node:timers/promises";
import { Arrivals } from "@heliograph/testkit";
import { WebSocket } from "ws";
import type { ClientOptions } from "ws";
import type { CertificatePair } from "../src/southbound/listener.ts";

export interface DeviceOptions {
  readonly protocols?: readonly string[];
  /** Left out: none is shown. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** False for one that answers no ping. */
  readonly autoPong?: boolean;
  /** Shown where the ACS asks for one; that of the ACS is not checked. */
  readonly certificate?: CertificatePair;
}

/** How a connection ended, as the device saw it. */
export interface DeviceEnd {
  readonly code: number;
  readonly reason: string;
}

/** How an upgrade was refused. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** A light device that says what its test says, and notes all it hears. */
export class LightGatewayDevice {
  readonly heard = new Arrivals<string>("a message of the ACS");
  readonly pings = new Arrivals<Buffer>("a ping");
  readonly ended = new Arrivals<DeviceEnd>("the end of the connection");
  readonly socket: WebSocket;
  #nextId = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      if (Buffer.isBuffer(data)) this.heard.add(data.toString("utf8"));
    });
    socket.on("ping", (data) => this.pings.add(data));
    socket.on("close", (code, reason) => this.ended.add({ code, reason: reason.toString("utf8") }));
    socket.on("error", () => undefined);
  }

  /** An object goes as a token. */
  say(message: string | Buffer | Readonly<Record<string, unknown>>): void {
    const isRaw = typeof message === "string" || Buffer.isBuffer(message);
    this.socket.send(isRaw ? message : JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  /** The next message, parsed. */
  async hear(): Promise<Token> {
    return parse(await this.heard.take());
  }

  /** Calls the ACS, and gives its answer, which must be the next message. */
  async ask(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Token> {
    this.#nextId += 1;
    this.say({ id: `d${this.#nextId}`, method, params });
    return this.hear();
  }

  /** Resolves once the gateway has read all that was said before: it answers a ping after it. */
  async settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.socket.once("pong", () => resolve(undefined));
    this.socket.ping();
    await promise;
    await setImmediate();
  }
}

/** A message of the ACS, as far as tests look into it. */
export interface Token {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Opens a connection. Rejects where it is refused. */
export async function openDevice(url: string, options: DeviceOptions): Promise<LightGatewayDevice> {
  const socket = dial(url, options);
  const device = new LightGatewayDevice(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return device;
}

/** Tries to open a connection that is refused. Rejects where it is not. */
export async function knock(url: string, options: DeviceOptions): Promise<UpgradeRefusal> {
  const socket = dial(url, options);
  const { promise, resolve, reject } = Promise.withResolvers<UpgradeRefusal>();
  socket.on("error", reject);
  socket.on("open", () => reject(new Error("the connection was not refused")));
  socket.on("unexpected-response", (_request, response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  });
  return promise;
}

function dial(
  url: string,
  { protocols = ["cwmp.json"], token, headers, autoPong, certificate }: DeviceOptions,
): WebSocket {
  const options: ClientOptions = {
    perMessageDeflate: false,
    autoPong: autoPong ?? true,
    ...(certificate && { ...certificate, rejectUnauthorized: false }),
    headers: { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers },
  };
  return new WebSocket(url, [...protocols], options);
}

function parse(text: string): Token {
  const parsed: unknown = JSON.parse(text);
  if (!isToken(parsed)) throw new Error(`the ACS sends what is no token: ${text}`);
  return parsed;
}

function isToken(parsed: unknown): parsed is Token {
  return typeof parsed === "object" && parsed !== null && "jsonrpc" in parsed && parsed.jsonrpc === "2.0";
}
