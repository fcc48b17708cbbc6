import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
} from "@heliograph/protocol";
import type { Fault, LightResult, Token, TokenId } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

type Said = Token<"acs">;
type Request = Extract<Said, { readonly kind: "request" }>;

/** How the ACS refuses an upgrade. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The light side of an ACS, where a test says each line of the conversation. */
export class ScriptedSockets implements AsyncDisposable {
  /** Every upgrade that was asked for, refused ones included. */
  readonly upgrades = new Arrivals<IncomingHttpHeaders>("an upgrade");
  readonly #opened = new Arrivals<ScriptedSocket>("a socket");
  readonly #refusals: UpgradeRefusal[] = [];
  readonly #http = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });

  async open(): Promise<this> {
    this.#http.on("upgrade", (request: IncomingMessage, raw: Duplex, head: Buffer) => {
      this.upgrades.add(request.headers);
      const refusal = this.#refusals.shift();
      if (refusal !== undefined) {
        raw.end(refused(refusal));
        return;
      }
      this.#sockets.handleUpgrade(request, raw, head, (socket) =>
        this.#opened.add(new ScriptedSocket(socket)),
      );
    });
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    return this;
  }

  get url(): string {
    const address = this.#http.address();
    assert.ok(typeof address === "object" && address !== null);
    return `ws://127.0.0.1:${address.port}/light`;
  }

  /** The next upgrades are refused. */
  refuse(...refusals: readonly UpgradeRefusal[]): void {
    this.#refusals.push(...refusals);
  }

  /** The next socket that a device opened. */
  async socket(): Promise<ScriptedSocket> {
    await this.upgrades.take();
    return this.#opened.take();
  }

  /** The next socket, once the device has attached on it with nothing to say before. */
  async attached(result: Partial<LightResult<"Attach">> = {}): Promise<ScriptedSocket> {
    const socket = await this.socket();
    await socket.attach(result);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }
}

/** One socket of a device, as its ACS sees it. */
export class ScriptedSocket {
  /** The code and the reason with which the device ended it. */
  readonly ends = new Arrivals<readonly [code: number, reason: string]>("the end of a socket");
  /** What it says where that is no token. */
  readonly messages = new Arrivals<Buffer>("a message of the device");
  readonly #socket: WebSocket;
  readonly #said = new Arrivals<Said>("a token of the device");

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => this.ends.add([code, reason.toString()]));
    socket.on("message", (data: Buffer) => {
      if (socket.protocol !== "cwmp.json") {
        this.messages.add(data);
        return;
      }
      const token = decodeToken(data.toString(), { role: "acs", limits: defaultLimits });
      assert.ok(token.ok, data.toString());
      this.#said.add(token.value);
    });
  }

  /** How much the device said that no test took yet. */
  get untaken(): number {
    return this.#said.untaken;
  }

  async said(): Promise<Said> {
    return this.#said.take();
  }

  /** The next token must be a request of that method. */
  async asked<M extends Request["method"]>(method: M): Promise<Extract<Request, { readonly method: M }>> {
    const token = await this.said();
    assert.ok(
      token.kind === "request" && isOf(token, method),
      `${method} comes, not ${JSON.stringify(token)}`,
    );
    return token;
  }

  /** The next token must be an answer or a fault to that id. */
  async replied(id: TokenId): Promise<unknown> {
    const token = await this.said();
    assert.ok(token.kind === "answer" || token.kind === "fault", JSON.stringify(token));
    assert.equal(token.id, id);
    return token.kind === "answer" ? token.result : token.fault;
  }

  /** Takes the Inform that comes next, and answers it. */
  async informed(): Promise<Extract<Request, { readonly method: "Inform" }>["params"]> {
    const { id, params } = await this.asked("Inform");
    this.answer(id, { MaxEnvelopes: 1 });
    return params;
  }

  /** Takes the Attach that comes next, and answers it. */
  async attach(
    result: Partial<LightResult<"Attach">> = {},
  ): Promise<Extract<Request, { readonly method: "Attach" }>["params"]> {
    const { id, params } = await this.asked("Attach");
    this.answer(id, {
      Session: "s",
      Token: "t.fresh",
      ExpiresIn: 86_400,
      PingInterval: 86_400,
      MaxInFlight: 8,
      MaxMessageBytes: 1_048_576,
      ...result,
    });
    return params;
  }

  call(id: TokenId | undefined, method: string, params: object = {}): void {
    this.#socket.send(encodeTokenRequest({ id, method, params }));
  }

  answer(id: TokenId | undefined, result: object): void {
    assert.ok(id !== undefined);
    this.#socket.send(encodeTokenAnswer(id, result));
  }

  refuse(id: TokenId | undefined, fault: Fault): void {
    assert.ok(id !== undefined);
    this.#socket.send(encodeTokenFault(id, fault));
  }

  say(text: string | Buffer): void {
    this.#socket.send(text);
  }

  /** The device has taken in all that was said to it before. */
  async settled(): Promise<void> {
    const pong = once(this.#socket, "pong");
    this.#socket.ping();
    await pong;
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** As when the network is gone: the device hears no reason. */
  drop(): void {
    this.#socket.terminate();
  }
}

function isOf<M extends Request["method"]>(
  request: Request,
  method: M,
): request is Extract<Request, { readonly method: M }> {
  return request.method === method;
}

function refused({ status, headers = {} }: UpgradeRefusal): string {
  const lines = Object.entries({ ...headers, "content-length": "0", connection: "close" });
  return `HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}
