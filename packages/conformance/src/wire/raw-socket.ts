import type { Duplex } from "node:stream";
import { Inbox } from "./inbox.ts";
import { opcodes, readFrame, writeFrame, type Frame } from "./web-socket-frame.ts";

/** What came over a socket. `gone` is the end of the TCP connection, with or without a close before it. */
export type Came =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "binary"; readonly bytes: Buffer }
  | { readonly is: "ping" }
  | { readonly is: "pong" }
  | { readonly is: "close"; readonly code: number | undefined; readonly reason: string }
  | { readonly is: "gone" };

export interface SocketOptions {
  /** The client of the two masks its frames. */
  readonly isClient: boolean;
  /** Bytes that came with the handshake. */
  readonly head: Buffer;
}

/** How long an end may take that the other side has to confirm. */
const FAREWELL_MS = 1_000;

/** A WebSocket whose every byte is the kit's own: no library makes what it sends right, or hides what comes. */
export class RawSocket implements AsyncDisposable {
  readonly came = new Inbox<Came>();
  readonly #stream: Duplex;
  readonly #isClient: boolean;
  readonly #gone = Promise.withResolvers<undefined>();
  #bytes: Buffer;
  #pieces: Buffer[] = [];
  #kind: number = opcodes.text;
  #isClosing = false;
  #isMute = false;

  constructor(stream: Duplex, { isClient, head }: SocketOptions) {
    this.#stream = stream;
    this.#isClient = isClient;
    this.#bytes = head;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("error", () => undefined);
    stream.once("close", () => {
      this.#gone.resolve(undefined);
      this.came.add({ is: "gone" });
    });
    stream.once("end", () => stream.end());
    this.#read();
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  text(text: string): void {
    this.#frame(opcodes.text, Buffer.from(text));
  }

  binary(bytes: Uint8Array): void {
    this.#frame(opcodes.binary, bytes);
  }

  ping(): void {
    this.#frame(opcodes.ping, Buffer.alloc(0));
  }

  /** Answers no ping from now on, as who is no longer there. */
  mute(): void {
    this.#isMute = true;
  }

  close(code: number, reason = ""): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
    payload.writeUInt16BE(code);
    this.#frame(opcodes.close, payload);
  }

  /** Breaks it off, as a lost network does. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Closes it and waits for its end, for a while. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close(1000);
    const timer = setTimeout(() => this.#stream.destroy(), FAREWELL_MS);
    await this.#gone.promise;
    clearTimeout(timer);
  }

  #frame(opcode: number, payload: Uint8Array): void {
    if (this.#stream.writable) this.#stream.write(writeFrame(opcode, payload, this.#isClient));
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#read();
  }

  #read(): void {
    for (let next = readFrame(this.#bytes); next !== undefined; next = readFrame(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(next.length);
      this.#hear(next.frame);
    }
  }

  #hear({ opcode, isLast, payload }: Frame): void {
    if (opcode === opcodes.ping) {
      if (!this.#isMute) this.#frame(opcodes.pong, payload);
      this.came.add({ is: "ping" });
    } else if (opcode === opcodes.pong) this.came.add({ is: "pong" });
    else if (opcode === opcodes.close) this.#hearClose(payload);
    else this.#hearPiece({ opcode, isLast, payload });
  }

  #hearClose(payload: Buffer): void {
    const code = payload.length < 2 ? undefined : payload.readUInt16BE(0);
    this.came.add({ is: "close", code, reason: payload.subarray(2).toString("utf8") });
    this.close(code ?? 1000);
    this.#stream.end();
  }

  #hearPiece({ opcode, isLast, payload }: Frame): void {
    if (opcode !== opcodes.continuation) {
      this.#kind = opcode;
      this.#pieces = [];
    }
    this.#pieces.push(payload);
    if (!isLast) return;
    const bytes = Buffer.concat(this.#pieces);
    this.came.add(
      this.#kind === opcodes.binary ? { is: "binary", bytes } : { is: "text", text: bytes.toString("utf8") },
    );
  }
}
