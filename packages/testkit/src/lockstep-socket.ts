import assert from "node:assert/strict";
import {
  checkParams,
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  lightRpcs,
  type DeviceRequest,
  type Fault,
  type JsonObject,
  type LightParams,
  type LightResult,
  type Token,
  type TokenId,
} from "@heliograph/protocol";
import { WebSocket } from "ws";
import { Arrivals, PATIENCE_MS } from "./patience.ts";

export interface LockstepSocketOptions {
  readonly url: string;
  readonly token?: string;
  /** `cwmp.json` where not given. */
  readonly subprotocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Real milliseconds that each wait may last. */
  readonly patienceMs?: number;
}

/** What the ACS asked of a device over its socket. */
export type SocketCall<M extends DeviceRequest["method"]> = Extract<DeviceRequest, { readonly method: M }> & {
  readonly id: TokenId;
  readonly positional?: true;
};

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

type Request = Extract<Token<"device">, { readonly kind: "request" }>;
type Reply = Extract<Token<"device">, { readonly kind: "answer" | "fault" }>;

/** The ACS refused to open the socket. */
export class UpgradeRefusedError extends Error {
  override readonly name = "UpgradeRefusedError";
  readonly code = "E_UPGRADE_REFUSED";
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;

  constructor(status: number, headers: UpgradeRefusedError["headers"], body: string) {
    super(`the ACS answers the upgrade with ${status}: ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** A light connection that a test drives message by message. */
export class LockstepSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #calls: Arrivals<Request>;
  readonly #replies: Arrivals<Reply>;
  readonly #texts: Arrivals<string>;
  readonly #closed: Arrivals<Closing>;
  #asked = 0;
  #received = 0;

  private constructor(socket: WebSocket, patienceMs: number) {
    this.#socket = socket;
    this.#calls = new Arrivals("a call over the socket", patienceMs);
    this.#replies = new Arrivals("an answer over the socket", patienceMs);
    this.#texts = new Arrivals("an empty message over the socket", patienceMs);
    this.#closed = new Arrivals("the end of the socket", patienceMs);
    socket.on("message", (data: Buffer) => this.#onText(data.toString()));
    socket.on("close", (code, reason) => this.#closed.add({ code, reason: reason.toString() }));
    socket.on("error", () => undefined);
  }

  /** Rejects with {@link UpgradeRefusedError} where the ACS refuses by HTTP. */
  static async open(options: LockstepSocketOptions): Promise<LockstepSocket> {
    const { url, token, subprotocols = ["cwmp.json"], patienceMs = PATIENCE_MS } = options;
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, [...subprotocols], {
      headers: { ...authorization, ...options.headers },
    });
    const opened = Promise.withResolvers<LockstepSocket>();
    const lockstep = new LockstepSocket(socket, patienceMs);
    socket.once("open", () => opened.resolve(lockstep));
    socket.once("error", opened.reject);
    socket.once("unexpected-response", (_, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => {
        const { statusCode = 0, headers } = response;
        opened.reject(new UpgradeRefusedError(statusCode, headers, Buffer.concat(chunks).toString().trim()));
      });
    });
    return opened.promise;
  }

  /** What the ACS chose. */
  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** Calls that came and were not expected yet. */
  get calls(): number {
    return this.#calls.untaken;
  }

  /** Characters of all messages that came. */
  get received(): number {
    return this.#received;
  }

  /** Asks something of the ACS, and gives its answer; fails on a fault. */
  async request(method: string, params: object = {}): Promise<JsonObject> {
    const reply = await this.#ask(method, params);
    assert.ok(reply.kind === "answer", `${method} is answered with ${JSON.stringify(reply)}`);
    assert.ok(isObject(reply.result), `${method} is answered with ${JSON.stringify(reply.result)}`);
    return reply.result;
  }

  /** Attaches, or renews that. */
  async attach(params: LightParams<"Attach"> = {}): Promise<LightResult<"Attach">> {
    const result = await this.request("Attach", params);
    const checked = checkParams(lightRpcs.Attach.answer, result, { strictness: "schema" });
    assert.ok(checked.ok, `Attach is answered with ${JSON.stringify(result)}`);
    return checked.value;
  }

  /** Asks something of the ACS, which must refuse it. */
  async refused(method: string, params: object = {}): Promise<Fault> {
    const reply = await this.#ask(method, params);
    assert.ok(reply.kind === "fault", `${method} is answered with ${JSON.stringify(reply)}`);
    return reply.fault;
  }

  /** Sends a request that wants no answer. */
  tell(method: string, params: object = {}): void {
    this.send(encodeTokenRequest({ method, params }));
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** The ACS's next call must be of that method. */
  async expectCall<M extends DeviceRequest["method"]>(method: M): Promise<SocketCall<M>> {
    const call = await this.#calls.take();
    assert.ok(isCallOf(call, method), `${method} is expected, the ACS sends ${JSON.stringify(call)}`);
    return call;
  }

  answer({ id }: { readonly id: TokenId }, result: object = {}): void {
    this.send(encodeTokenAnswer(id, result));
  }

  fault({ id }: { readonly id: TokenId }, code: number, message = "CWMP fault"): void {
    this.send(encodeTokenFault(id, { code, message }));
  }

  /** The ACS's refusal of something that had no id. */
  async expectFault(): Promise<Fault> {
    const reply = await this.#replies.take();
    assert.ok(reply.kind === "fault", `a fault is expected, the ACS sends ${JSON.stringify(reply)}`);
    return reply.fault;
  }

  /** An empty text message, by which the ACS says that it is there. */
  async expectEmpty(): Promise<void> {
    assert.equal(await this.#texts.take(), "");
  }

  /** How the connection ends, or has ended. */
  async expectClose(): Promise<Closing> {
    return this.#closed.take();
  }

  /** Closes in order. */
  close(code = 1000): void {
    this.#socket.close(code);
  }

  /** Breaks the TCP connection. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Reads nothing any more, pings included. */
  stopReading(): void {
    this.#socket.pause();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    return Promise.resolve();
  }

  async #ask(method: string, params: object): Promise<Reply> {
    this.#asked += 1;
    this.send(encodeTokenRequest({ id: `d${this.#asked}`, method, params }));
    const reply = await this.#replies.take();
    assert.equal(reply.id, `d${this.#asked}`, `${method} waits for its answer, the ACS sends another's`);
    return reply;
  }

  #onText(text: string): void {
    this.#received += text.length;
    if (text === "") {
      this.#texts.add(text);
      return;
    }
    const token = decodeToken(text, { role: "device", limits: defaultLimits });
    assert.ok(token.ok, `the ACS sends what is no token: ${text}`);
    const { value } = token;
    if (value.kind === "request") this.#calls.add(value);
    else if (value.kind === "answer" || value.kind === "fault") this.#replies.add(value);
    else assert.fail(`the ACS asks for what nobody can do: ${text}`);
  }
}

function isCallOf<M extends DeviceRequest["method"]>(
  call: Request,
  method: M,
): call is Request & SocketCall<M> {
  return call.method === method && call.id !== undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
