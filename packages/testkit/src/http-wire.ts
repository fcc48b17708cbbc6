import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { parseReply } from "./http-reply.ts";
import type { HttpReply } from "./http-reply.ts";

export interface WireOptions {
  /** How long a read may last, in real milliseconds. */
  readonly patienceMs: number;
}

/** The other side closed, reset or stayed silent where an HTTP reply was due. */
export class NoReplyError extends Error {
  override readonly name = "NoReplyError";
  readonly code = "E_NO_REPLY";
}

/** One TCP (or TLS) connection on which a test decides about every byte that leaves. Certificates are not checked. */
export class HttpWire {
  readonly #socket: Socket;
  readonly #patienceMs: number;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket, options: WireOptions) {
    this.#socket = socket;
    this.#patienceMs = options.patienceMs;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    for (const end of ["end", "close", "error"]) socket.on(end, () => this.#close());
  }

  /** False once either side closed. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  /** Resolves once the bytes were handed to the operating system; bytes for a closed connection are lost. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** The next HTTP reply; what follows it stays for the next read. Rejects with NoReplyError. */
  async read(): Promise<HttpReply> {
    const deadline = AbortSignal.timeout(this.#patienceMs);
    for (;;) {
      const parsed = parseReply(this.#received, this.#closed);
      if (parsed !== undefined) {
        this.#received = this.#received.subarray(parsed.length);
        return parsed.reply;
      }
      if (this.#closed) throw new NoReplyError("the connection closed before a whole reply came");
      if (deadline.aborted) throw new NoReplyError(`no whole reply within ${this.#patienceMs} ms`);
      await this.#change(deadline);
    }
  }

  /** Resolves once the other side closed. Rejects with NoReplyError when it does not. */
  async closed(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#patienceMs);
    while (!this.#closed) {
      if (deadline.aborted) throw new NoReplyError(`not closed within ${this.#patienceMs} ms`);
      await this.#change(deadline);
    }
  }

  /** Closes at once, whatever is on its way. */
  cut(): void {
    this.#socket.destroy();
    this.#close();
  }

  #close(): void {
    this.#closed = true;
    this.#wake();
  }

  async #change(deadline: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** Connects to the host and port of an `http:` or `https:` URL. Rejects with what the socket says. */
export async function openWire(url: URL, options: WireOptions): Promise<HttpWire> {
  const isSecure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  return new Promise((resolve, reject) => {
    const socket = isSecure
      ? connectSecurely({ host, port, rejectUnauthorized: false })
      : connect({ host, port });
    socket.once("error", reject);
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      socket.off("error", reject);
      resolve(new HttpWire(socket, options));
    });
  });
}
