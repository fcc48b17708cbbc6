import type { Written } from "./channels/telling.ts";
import type { Closing } from "./closing.ts";
import type { Message } from "./codec.ts";

/** What the gateway does with a device's socket, and all it knows of it. */
export interface Transport {
  /** Bytes that wait to be sent. */
  readonly buffered: number;
  /** Bytes that came since the last message ended. */
  readonly unfinished: number;
  /** Whether its device answers a ping; where it need not, silence alone means nothing. */
  readonly isPingable: boolean;
  /** Shows somebody all that goes by from now on; undefined: nobody any more. */
  tap(tap: TransportTap | undefined): void;
  /** Says whom to tell what comes. */
  listen(listener: TransportListener): void;
  /** Takes no messages, but what is taken already, until it is resumed. */
  pause(): void;
  /** Lets messages come; before, only the socket's end is heard. */
  resume(): void;
  /** False where the socket takes nothing any more. */
  send(message: Message): boolean;
  /** The same for bytes that others are sent as well. */
  sendShared(written: Written): boolean;
  ping(): void;
  /** Says why, and gives the other side a while to hear it. */
  close(closing: Closing): void;
  terminate(): void;
}

/** Sees what goes by, each thing before anybody acts on it, and keeps nobody waiting. */
export interface TransportTap {
  received(message: Message): void;
  sent(message: Message): void;
  /** The ACS closes the socket. */
  closing(closing: Closing): void;
  closed(closed: Closing): void;
}

export interface TransportListener {
  /** Text as a string, anything else as bytes; `bytes`: how long it is. */
  onMessage(message: Message, bytes: number): void;
  /** The other side showed that it is there: a ping or a pong. */
  onControl(): void;
  /** What came breaks the rules of WebSocket, or the limits; the socket is closing with this. */
  onBroken(closing: Closing): void;
  /** The socket is no more; with the code that the other side gave, or 1006. Comes once, and last. */
  onClosed(closing: Closing): void;
}
