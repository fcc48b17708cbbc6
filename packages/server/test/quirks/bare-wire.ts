import { connect } from "node:net";
import type { Socket } from "node:net";
import { NoReplyError, parseReply, PATIENCE_MS } from "@heliograph/testkit";
import type { HttpReply } from "@heliograph/testkit";

/** An HTTP reply with the bytes it came in, as text; their Date and session cookie, which differ, are masked. */
export interface BareReply extends HttpReply {
  readonly bytes: string;
}

/** One TCP connection of a device whose every byte is its test's. */
export class BareWire {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #change = Promise.withResolvers<undefined>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tell();
    });
    for (const end of ["end", "close", "error"]) {
      socket.on(end, () => {
        this.#hasEnded = true;
        this.#tell();
      });
    }
  }

  static async open(url: string): Promise<BareWire> {
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve();
      });
    });
    return new BareWire(socket);
  }

  /** Whether the ACS has closed its side. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next reply; what follows it is kept. Rejects with NoReplyError where none comes. */
  async reply(): Promise<BareReply> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const parsed = parseReply(this.#received, this.#hasEnded);
      if (parsed !== undefined) {
        const bytes = this.#received.toString("utf8", 0, parsed.length);
        this.#received = this.#received.subarray(parsed.length);
        return { ...parsed.reply, bytes: masked(bytes) };
      }
      if (this.#hasEnded) throw new NoReplyError("the connection closed before a whole reply came");
      if (deadline.aborted) throw new NoReplyError(`no whole reply within ${PATIENCE_MS} ms`);
      await this.#next(deadline);
    }
  }

  /** Resolves once the ACS has closed its side. Rejects with NoReplyError where it does not. */
  async ended(): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (!this.#hasEnded) {
      if (deadline.aborted) throw new NoReplyError(`not closed within ${PATIENCE_MS} ms`);
      await this.#next(deadline);
    }
  }

  /** Closes at once, whatever is on its way. */
  cut(): void {
    this.#socket.destroy();
  }

  #tell(): void {
    this.#change.resolve(undefined);
    this.#change = Promise.withResolvers();
  }

  async #next(deadline: AbortSignal): Promise<void> {
    const late = new Promise<void>((resolve) => {
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#change.promise, late]);
  }
}

function masked(bytes: string): string {
  return bytes
    .replace(/^Date: .*\r$/m, "Date: now\r")
    .replace(/^(Set-Cookie: session=)[0-9a-f]{32};/m, "$1…;");
}
