import type { Socket } from "node:net";
import type { Clock, Timer } from "../../ports/index.ts";
import type { Written } from "./channels/telling.ts";
import type { Closing } from "./closing.ts";
import type { Message } from "./codec.ts";
import type { Transport, TransportListener, TransportTap } from "./transport.ts";

export interface TcpMeans {
  readonly clock: Clock;
  readonly bounds: TcpBounds;
}

export interface TcpBounds {
  readonly pingIntervalMs: number;
  readonly closeTimeoutMs: number;
}

/** The device closed its side without a word, as its code is on a WebSocket. */
const CLOSED: Closing = { code: 1005, reason: "" };
const CUT: Closing = { code: 1006, reason: "" };

/** A device's connection by TCP, or by TLS on it: a stream, of which each piece that comes is a message. */
export class TcpTransport implements Transport {
  /** STOMP obliges nobody to answer an end of line; the system's keep-alive asks whether the line still stands. */
  readonly isPingable = false;
  /** Whoever reads the pieces knows what they begin. */
  readonly unfinished = 0;
  readonly #socket: Socket;
  readonly #means: TcpMeans;
  #listener: TransportListener | undefined;
  #tap: TransportTap | undefined;
  #lingering: Timer | undefined;
  #isCut = false;

  constructor(socket: Socket, means: TcpMeans) {
    this.#socket = socket;
    this.#means = means;
    socket.pause();
    socket.setNoDelay(true).setKeepAlive(true, means.bounds.pingIntervalMs);
    socket.on("error", () => {
      this.#isCut = true;
    });
    socket.on("close", () => {
      this.#onClose();
    });
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  tap(tap: TransportTap | undefined): void {
    this.#tap = tap;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.listenerCount("data") === 0) {
      this.#socket.on("data", (piece: Buffer) => {
        this.#tap?.received(piece);
        this.#listener?.onMessage(piece, piece.length);
      });
    }
    this.#socket.resume();
  }

  send(message: Message): boolean {
    if (!this.#socket.writable) return false;
    this.#tap?.sent(message);
    this.#socket.write(message);
    return true;
  }

  sendShared({ bytes }: Written): boolean {
    return this.send(bytes);
  }

  ping(): void {
    // Nothing that the device would have to answer.
  }

  /** What to say of it is said by then. The device reads it in peace: what it still sends is passed over [STOMP 1.2 Connection Lingering]. */
  close(closing: Closing): void {
    this.#tap?.closing(closing);
    if (this.#lingering !== undefined || this.#socket.destroyed) return;
    const { clock, bounds } = this.#means;
    this.#lingering = clock.after(bounds.closeTimeoutMs, () => {
      this.terminate();
    });
    this.#socket.end();
    this.#socket.resume();
  }

  terminate(): void {
    this.#isCut = true;
    this.#socket.destroy();
  }

  #onClose(): void {
    this.#lingering?.cancel();
    const closed = this.#isCut ? CUT : CLOSED;
    this.#tap?.closed(closed);
    this.#listener?.onClosed(closed);
  }
}
