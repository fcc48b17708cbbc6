import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { RawData } from "ws";
import type { Written } from "./channels/telling.ts";
import type { Closing } from "./closing.ts";
import type { Message } from "./codec.ts";
import type { Transport, TransportListener, TransportTap } from "./transport.ts";

/** A WebSocket that knows whose it is: so all sockets share one set of handlers, for there are many of them. */
export class DeviceSocket extends WebSocket {
  transport?: WsTransport;
}

/** The frame of a ping or a pong around its payload: header and mask. */
const CONTROL_FRAME_BYTES = 6;
/** A close frame takes no longer reason. */
const MOST_REASON_BYTES = 123;
const TOO_LARGE = 1009;
const BROKEN = 1002;
const BROKEN_BY: ReadonlyMap<string, number> = new Map([
  ["WS_ERR_INVALID_UTF8", 1007],
  ["WS_ERR_TOO_MANY_BUFFERED_PARTS", 1008],
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", TOO_LARGE],
  ["WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", TOO_LARGE],
]);

/** A device's WebSocket as `ws` has it. */
export class WsTransport implements Transport {
  readonly isPingable = true;
  readonly #socket: DeviceSocket;
  readonly #stream: Socket | undefined;
  #listener: TransportListener | undefined;
  #tap: TransportTap | undefined;
  /** Bytes that had come when the last message ended. */
  #finished = 0;

  /** `stream`: the one that the WebSocket was made of. */
  constructor(socket: DeviceSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream instanceof Socket ? stream : undefined;
    this.#finished = this.#stream?.bytesRead ?? 0;
    socket.transport = this;
    socket.on("error", onError).on("close", onClose);
    socket.pause();
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get unfinished(): number {
    return Math.max(0, (this.#stream?.bytesRead ?? 0) - this.#finished);
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
    if (this.#socket.listenerCount("message") === 0) {
      this.#socket.on("message", onMessage).on("ping", onControl).on("pong", onControl);
    }
    this.#socket.resume();
  }

  send(message: Message): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#tap?.sent(message);
    this.#socket.send(message);
    return true;
  }

  sendShared({ bytes, isText }: Written): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#tap?.sent(isText ? Buffer.from(bytes).toString("utf8") : bytes);
    this.#socket.send(bytes, { binary: !isText });
    return true;
  }

  ping(): void {
    this.#socket.ping();
  }

  close(closing: Closing): void {
    const { code, reason } = closing;
    this.#tap?.closing(closing);
    this.#socket.close(code, fitting(reason));
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  onMessage(data: RawData, isBinary: boolean): void {
    this.#finished = this.#stream?.bytesRead ?? 0;
    if (!Buffer.isBuffer(data)) return;
    const message = isBinary ? data : data.toString("utf8");
    this.#tap?.received(message);
    this.#listener?.onMessage(message, data.length);
  }

  onControl(payloadBytes: number): void {
    this.#finished += CONTROL_FRAME_BYTES + payloadBytes;
    this.#listener?.onControl();
  }

  onError(error: Error): void {
    this.#listener?.onBroken({ code: closeCodeOf(error), reason: error.message });
  }

  onClose(code: number, reason: string): void {
    this.#tap?.closed({ code, reason });
    this.#listener?.onClosed({ code, reason });
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  transportOf(this)?.onMessage(data, isBinary);
}

function onControl(this: WebSocket, payload: Buffer): void {
  transportOf(this)?.onControl(payload.length);
}

function onError(this: WebSocket, error: Error): void {
  transportOf(this)?.onError(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  transportOf(this)?.onClose(code, reason.toString("utf8"));
}

function transportOf(socket: WebSocket): WsTransport | undefined {
  return socket instanceof DeviceSocket ? socket.transport : undefined;
}

/** With which code `ws` closes because of an error. */
function closeCodeOf(error: Error): number {
  const code = "code" in error && typeof error.code === "string" ? BROKEN_BY.get(error.code) : undefined;
  return code ?? BROKEN;
}

function fitting(reason: string): string {
  let fit = reason;
  while (Buffer.byteLength(fit) > MOST_REASON_BYTES) fit = fit.slice(0, -1);
  return fit;
}
