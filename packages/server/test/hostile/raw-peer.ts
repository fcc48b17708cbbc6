import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { PATIENCE_MS } from "@heliograph/testkit";

export interface RawPeerOptions {
  readonly port: number;
  readonly secure?: boolean;
  /** Another address of this machine to come from. */
  readonly from?: string;
}

const LAST = /^connection: close\r$/im;
/** How long a connection whose request was answered is watched for its end, where nothing announces it. */
const LINGER_MS = 50;
/** A WebSocket is closed after its opening was answered, once what came behind it was read. */
const WEBSOCKET_LINGER_MS = 1_000;
const REPLY = /HTTP\/1\.1 (?=\d{3} )/;
const WEBSOCKET = /^HTTP\/1\.1 101 /;
const FAULT = /<FaultCode>(\d+)</;

/** A TCP connection, or one by TLS, on which every byte is its owner's, its end included. */
export class RawPeer implements Disposable {
  readonly #socket: Socket;
  #text = "";
  #hasEnded = false;
  #hasFinished = false;
  #change = Promise.withResolvers<undefined>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#text += text;
      this.#tell();
    });
    // A reset is a close, too: TCP makes one of it where bytes that nobody will read are left or still come.
    for (const end of ["error", "end", "close"]) socket.on(end, () => this.#over());
  }

  static async open({ port, secure = false, from }: RawPeerOptions): Promise<RawPeer> {
    const at = { port, host: "127.0.0.1", ...(from === undefined ? {} : { localAddress: from }) };
    const socket = secure
      ? connectSecurely({ ...at, rejectUnauthorized: false })
      : connect({ ...at, allowHalfOpen: true });
    await once(socket, secure ? "secureConnect" : "connect");
    return new RawPeer(socket);
  }

  /** What came, as Latin-1. */
  get text(): string {
    return this.#text;
  }

  /** Of all replies that came, in order, with the CWMP fault where one is in it. */
  get statuses(): readonly string[] {
    return this.#text
      .split(REPLY)
      .slice(1)
      .map((reply) => {
        const fault = FAULT.exec(reply)?.[1];
        return reply.slice(0, 3) + (fault === undefined ? "" : ` with fault ${fault}`);
      });
  }

  /** How long its end may take to come. */
  #lingerMs(patienceMs: number): number {
    if (this.#hasFinished || LAST.test(this.#text)) return patienceMs;
    return WEBSOCKET.test(this.#text) ? WEBSOCKET_LINGER_MS : LINGER_MS;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves once the bytes were handed to the operating system, or are lost. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.hasEnded) return;
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Has no more to say, and listens. */
  finish(): void {
    this.#hasFinished = true;
    this.#socket.end();
  }

  /** Breaks the connection off, by a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Resolves once so many replies came or the connection ended, or it was waited for in vain. */
  async replies(count: number, patienceMs = PATIENCE_MS): Promise<void> {
    await this.#until(() => this.statuses.length >= count, patienceMs);
  }

  /** Resolves once the connection ended, or it was waited for in vain. */
  async ended(patienceMs = PATIENCE_MS): Promise<void> {
    await this.#until(() => false, patienceMs);
  }

  /** The statuses of so many replies or more, and `closed` if the connection ended; `held` where nothing comes. */
  async outcome(replies = 1, patienceMs = PATIENCE_MS): Promise<string> {
    await this.replies(replies, patienceMs);
    if (this.statuses.length > 0) await this.ended(this.#lingerMs(patienceMs));
    const [first] = this.statuses;
    const isOne = new Set(this.statuses).size === 1 && this.statuses.length > 1;
    const statuses = isOne ? [`${this.statuses.length} times ${first}`] : this.statuses;
    const parts = [...statuses, ...(this.#hasEnded ? ["closed"] : [])];
    return parts.length === 0 ? "held" : parts.join(", ");
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #until(isIt: () => boolean, patienceMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(patienceMs);
    const late = new Promise<void>((resolve) => {
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
    while (!isIt() && !this.hasEnded && !deadline.aborted) {
      await Promise.race([this.#change.promise, late]);
    }
  }

  #over(): void {
    this.#hasEnded = true;
    this.#tell();
  }

  #tell(): void {
    this.#change.resolve(undefined);
    this.#change = Promise.withResolvers();
  }
}

/** A POST as it leaves, with its length unless it says another framing. */
export function post(body: string | Uint8Array, headers: readonly string[] = [], path = "/"): Buffer {
  const bytes = Buffer.from(body);
  const isFramed = headers.some((line) => /^(content-length|transfer-encoding)/i.test(line));
  const framing = isFramed ? [] : [`Content-Length: ${bytes.length}`];
  const head = [`POST ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers, ...framing];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}
