import { refuse, type Decoded, type Problem } from "../decoded.ts";
import { problems } from "../problems.ts";
import { unreachable } from "../unreachable.ts";
import { heartBeatOf, type AckReference } from "./client-frame.ts";
import { NO_BODY, NO_HEADERS, type ServerCommand, type StompFrame, type StompHeaders } from "./frame.ts";
import { headersOf, noteHeader, optional, readAs, readingOf, required } from "./header-reading.ts";
import type { HeaderReading } from "./header-reading.ts";
import { writeHeartBeat, type HeartBeat } from "./heart-beat.ts";
import { isStompVersion, type StompVersion } from "./version.ts";

export interface ConnectedFrame {
  readonly command: "CONNECTED";
  readonly version: StompVersion;
  readonly heartBeat: HeartBeat;
  readonly session: string | undefined;
  readonly server: string | undefined;
  readonly headers: StompHeaders;
}

export interface MessageFrame {
  readonly command: "MESSAGE";
  readonly destination: string;
  readonly messageId: string;
  /** In 1.0, where it may be missing, the destination. */
  readonly subscription: string;
  /** What an ACK of it has to name, from 1.2 on; undefined where none is asked for. */
  readonly ack: string | undefined;
  readonly contentType: string | undefined;
  readonly headers: StompHeaders;
  readonly body: Uint8Array;
}

export interface ReceiptFrame {
  readonly command: "RECEIPT";
  readonly receiptId: string;
  readonly headers: StompHeaders;
}

/** The last frame of a connection. */
export interface ErrorFrame {
  readonly command: "ERROR";
  readonly message: string | undefined;
  /** Of the frame that it is about, where that asked for a receipt. */
  readonly receiptId: string | undefined;
  readonly contentType: string | undefined;
  readonly headers: StompHeaders;
  readonly body: Uint8Array;
}

/** What a server says. */
export type ServerFrame = ConnectedFrame | MessageFrame | ReceiptFrame | ErrorFrame;

/** Reads what a frame of a server means in a version; that of CONNECTED does not depend on it. */
export function decodeServerFrame(frame: StompFrame, version: StompVersion): Decoded<ServerFrame> {
  switch (frame.command) {
    case "CONNECTED":
    case "MESSAGE":
    case "RECEIPT":
    case "ERROR":
      return readServerFrame(frame, frame.command, version);
    default:
      return refuse("unknown-command", "command", `${frame.command} is a client's`);
  }
}

function readServerFrame(
  frame: StompFrame,
  command: ServerCommand,
  version: StompVersion,
): Decoded<ServerFrame> {
  const reading = readingOf(frame);
  switch (command) {
    case "CONNECTED":
      return readAs({ command, ...readConnected(reading) }, reading);
    case "MESSAGE":
      return readAs({ command, ...readMessage(reading, version), body: frame.body }, reading);
    case "RECEIPT":
      return readAs({ command, receiptId: required(reading, "receipt-id"), headers: reading.rest }, reading);
    case "ERROR":
      return readAs({ command, ...readError(reading), body: frame.body }, reading);
    default:
      return unreachable(command);
  }
}

function readConnected(reading: HeaderReading): Omit<ConnectedFrame, "command"> {
  // A server of 1.0 says no version.
  const version = optional(reading, "version") ?? "1.0";
  if (!isStompVersion(version)) noteHeader(reading, "version", "there is no such version");
  return {
    version: isStompVersion(version) ? version : "1.0",
    heartBeat: heartBeatOf(reading),
    session: optional(reading, "session"),
    server: optional(reading, "server"),
    headers: reading.rest,
  };
}

function readMessage(reading: HeaderReading, version: StompVersion): Omit<MessageFrame, "command" | "body"> {
  const destination = required(reading, "destination");
  const subscription =
    version === "1.0"
      ? (optional(reading, "subscription") ?? destination)
      : required(reading, "subscription");
  return {
    destination,
    messageId: required(reading, "message-id"),
    subscription,
    ack: version === "1.2" ? optional(reading, "ack") : undefined,
    contentType: optional(reading, "content-type"),
    headers: reading.rest,
  };
}

function readError(reading: HeaderReading): Omit<ErrorFrame, "command" | "body"> {
  return {
    message: optional(reading, "message"),
    receiptId: optional(reading, "receipt-id"),
    contentType: optional(reading, "content-type"),
    headers: reading.rest,
  };
}

/** The frame of a server's that says this, to be written. */
export function encodeServerFrame(frame: ServerFrame): StompFrame {
  const { command } = frame;
  const body = command === "MESSAGE" || command === "ERROR" ? frame.body : NO_BODY;
  return { command, headers: headersOf(definedHeaders(frame), frame.headers), body };
}

function definedHeaders(frame: ServerFrame): Readonly<Record<string, string | undefined>> {
  switch (frame.command) {
    case "CONNECTED":
      return {
        version: frame.version,
        "heart-beat": writeHeartBeat(frame.heartBeat),
        session: frame.session,
        server: frame.server,
      };
    case "MESSAGE":
      return {
        subscription: frame.subscription,
        "message-id": frame.messageId,
        destination: frame.destination,
        ack: frame.ack,
        "content-type": frame.contentType,
      };
    case "RECEIPT":
      return { "receipt-id": frame.receiptId };
    case "ERROR":
      return { message: frame.message, "receipt-id": frame.receiptId, "content-type": frame.contentType };
    default:
      return unreachable(frame);
  }
}

/** What an ACK or NACK of a message has to say in a version; undefined where the message asks for none. */
export function referenceTo(message: MessageFrame, version: StompVersion): AckReference | undefined {
  const { ack, messageId, subscription } = message;
  if (version !== "1.2") return { by: "message", messageId, subscription };
  return ack === undefined ? undefined : { by: "ack", ack };
}

const utf8 = new TextEncoder();

/** The ERROR that a problem is to the client [STOMP 1.2 ERROR]; after it the connection closes. */
export function errorFrame({ reason, at, detail }: Problem, receipt?: string): ErrorFrame {
  return errorOf(problems[reason].stompError, { receipt, text: `${at}: ${detail}`, headers: NO_HEADERS });
}

/** The ERROR for a client with which there is no common version: it names those that are spoken here. */
export function versionError(spoken: readonly StompVersion[]): ErrorFrame {
  return errorOf(problems["no-common-version"].stompError, {
    receipt: undefined,
    text: `Supported protocol versions are ${spoken.join(" ")}`,
    headers: new Map([["version", spoken.join(",")]]),
  });
}

interface ErrorContent {
  readonly receipt: string | undefined;
  readonly text: string;
  readonly headers: StompHeaders;
}

function errorOf(message: string, { receipt, text, headers }: ErrorContent): ErrorFrame {
  return {
    command: "ERROR",
    message,
    receiptId: receipt,
    contentType: "text/plain",
    headers,
    body: utf8.encode(text),
  };
}
