import { refuse, type Decoded } from "../decoded.ts";
import { unreachable } from "../unreachable.ts";
import { NO_BODY, type ClientCommand, type StompFrame, type StompHeaders } from "./frame.ts";
import { headersOf, noteHeader, optional, readAs, readingOf, required } from "./header-reading.ts";
import type { HeaderReading } from "./header-reading.ts";
import { NO_HEART_BEAT, readHeartBeat, writeHeartBeat, type HeartBeat } from "./heart-beat.ts";
import { readVersions, type StompVersion } from "./version.ts";

/** `auto`: what was sent counts as consumed. `client`: an ACK is for all before it, too. */
export type AckMode = "auto" | "client" | "client-individual";

/** What an ACK or NACK is for: by its own id from 1.2 on, by the message and its subscription before. */
export type AckReference =
  | { readonly by: "ack"; readonly ack: string }
  /** The subscription may be missing in 1.0. */
  | { readonly by: "message"; readonly messageId: string; readonly subscription: string | undefined };

/** What each frame has that a client sends. */
interface OfClient {
  /** The server says RECEIPT with it once it has processed the frame. */
  readonly receipt: string | undefined;
  /** Those that STOMP does not define. */
  readonly headers: StompHeaders;
}

/** The first frame of a connection, under either name. There is no receipt for it: CONNECTED is one. */
export interface ConnectFrame {
  readonly command: "CONNECT" | "STOMP";
  readonly acceptVersions: readonly string[];
  /** Common clients leave it out. */
  readonly host: string | undefined;
  readonly login: string | undefined;
  readonly passcode: string | undefined;
  readonly heartBeat: HeartBeat;
  readonly headers: StompHeaders;
}

export interface SendFrame extends OfClient {
  readonly command: "SEND";
  readonly destination: string;
  readonly contentType: string | undefined;
  readonly transaction: string | undefined;
  readonly body: Uint8Array;
}

export interface SubscribeFrame extends OfClient {
  readonly command: "SUBSCRIBE";
  /** In 1.0, where it may be missing, the destination. */
  readonly id: string;
  readonly destination: string;
  readonly ack: AckMode;
}

export interface UnsubscribeFrame extends OfClient {
  readonly command: "UNSUBSCRIBE";
  readonly id: string;
}

export interface AckFrame extends OfClient {
  readonly command: "ACK" | "NACK";
  readonly reference: AckReference;
  readonly transaction: string | undefined;
}

export interface TransactionFrame extends OfClient {
  readonly command: "BEGIN" | "COMMIT" | "ABORT";
  readonly transaction: string;
}

export interface DisconnectFrame extends OfClient {
  readonly command: "DISCONNECT";
}

/** What a client says. */
export type ClientFrame =
  | ConnectFrame
  | SendFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | AckFrame
  | TransactionFrame
  | DisconnectFrame;

/** Reads what a frame of a client means in a version; that of CONNECT and STOMP does not depend on it. */
export function decodeClientFrame(frame: StompFrame, version: StompVersion): Decoded<ClientFrame> {
  switch (frame.command) {
    case "CONNECTED":
    case "MESSAGE":
    case "RECEIPT":
    case "ERROR":
      return refuse("unknown-command", "command", `${frame.command} is a server's`);
    case "NACK":
      return version === "1.0"
        ? refuse("unknown-command", "command", "STOMP 1.0 has no NACK")
        : readClientFrame(frame, frame.command, version);
    default:
      return readClientFrame(frame, frame.command, version);
  }
}

function readClientFrame(
  frame: StompFrame,
  command: ClientCommand,
  version: StompVersion,
): Decoded<ClientFrame> {
  const reading = readingOf(frame);
  switch (command) {
    case "CONNECT":
    case "STOMP":
      return readAs({ command, ...readConnect(reading) }, reading);
    case "SEND":
      return readAs({ command, ...readSend(reading), body: frame.body }, reading);
    case "SUBSCRIBE":
      return readAs({ command, ...readSubscribe(reading, version) }, reading);
    case "UNSUBSCRIBE":
      return readAs({ command, id: subscriptionId(reading, version), ...ofClient(reading) }, reading);
    case "ACK":
    case "NACK":
      return readAs({ command, ...readAck(reading, version) }, reading);
    case "BEGIN":
    case "COMMIT":
    case "ABORT":
      return readAs(
        { command, transaction: required(reading, "transaction"), ...ofClient(reading) },
        reading,
      );
    case "DISCONNECT":
      return readAs({ command, ...ofClient(reading) }, reading);
    default:
      return unreachable(command);
  }
}

/** To be called last, when the frame's own headers are taken. */
function ofClient(reading: HeaderReading): OfClient {
  return { receipt: optional(reading, "receipt"), headers: reading.rest };
}

function readConnect(reading: HeaderReading): Omit<ConnectFrame, "command"> {
  return {
    acceptVersions: readVersions(optional(reading, "accept-version")),
    host: optional(reading, "host"),
    login: optional(reading, "login"),
    passcode: optional(reading, "passcode"),
    heartBeat: heartBeatOf(reading),
    headers: reading.rest,
  };
}

/** Of CONNECT and of CONNECTED. */
export function heartBeatOf(reading: HeaderReading): HeartBeat {
  const header = optional(reading, "heart-beat");
  const heartBeat = header === undefined ? NO_HEART_BEAT : readHeartBeat(header);
  if (heartBeat === undefined) noteHeader(reading, "heart-beat", "two numbers of milliseconds are needed");
  return heartBeat ?? NO_HEART_BEAT;
}

function readSend(reading: HeaderReading): Omit<SendFrame, "command" | "body"> {
  return {
    destination: required(reading, "destination"),
    contentType: optional(reading, "content-type"),
    transaction: optional(reading, "transaction"),
    ...ofClient(reading),
  };
}

function readSubscribe(reading: HeaderReading, version: StompVersion): Omit<SubscribeFrame, "command"> {
  const destination = required(reading, "destination");
  const id = version === "1.0" ? (optional(reading, "id") ?? destination) : required(reading, "id");
  return { id, destination, ack: ackMode(reading, version), ...ofClient(reading) };
}

function ackMode(reading: HeaderReading, version: StompVersion): AckMode {
  const mode = optional(reading, "ack") ?? "auto";
  if (mode === "auto" || mode === "client") return mode;
  if (mode === "client-individual" && version !== "1.0") return mode;
  noteHeader(reading, "ack", `STOMP ${version} has no such mode`);
  return "auto";
}

function subscriptionId(reading: HeaderReading, version: StompVersion): string {
  if (version !== "1.0") return required(reading, "id");
  const destination = optional(reading, "destination");
  return optional(reading, "id") ?? destination ?? required(reading, "id");
}

function readAck(reading: HeaderReading, version: StompVersion): Omit<AckFrame, "command"> {
  const reference = ackReference(reading, version);
  return { reference, transaction: optional(reading, "transaction"), ...ofClient(reading) };
}

function ackReference(reading: HeaderReading, version: StompVersion): AckReference {
  if (version === "1.2") return { by: "ack", ack: required(reading, "id") };
  const messageId = required(reading, "message-id");
  const read = version === "1.0" ? optional : required;
  return { by: "message", messageId, subscription: read(reading, "subscription") };
}

/** The frame of a client's that says this, to be written. */
export function encodeClientFrame(frame: ClientFrame): StompFrame {
  const { command } = frame;
  const body = command === "SEND" ? frame.body : NO_BODY;
  return { command, headers: headersOf(definedHeaders(frame), frame.headers), body };
}

function definedHeaders(frame: ClientFrame): Readonly<Record<string, string | undefined>> {
  switch (frame.command) {
    case "CONNECT":
    case "STOMP":
      return connectHeaders(frame);
    case "SEND":
      return {
        destination: frame.destination,
        "content-type": frame.contentType,
        transaction: frame.transaction,
        receipt: frame.receipt,
      };
    case "SUBSCRIBE":
      return { id: frame.id, destination: frame.destination, ack: frame.ack, receipt: frame.receipt };
    case "UNSUBSCRIBE":
      return { id: frame.id, receipt: frame.receipt };
    case "ACK":
    case "NACK":
      return { ...ackHeaders(frame.reference), transaction: frame.transaction, receipt: frame.receipt };
    case "BEGIN":
    case "COMMIT":
    case "ABORT":
      return { transaction: frame.transaction, receipt: frame.receipt };
    case "DISCONNECT":
      return { receipt: frame.receipt };
    default:
      return unreachable(frame);
  }
}

function connectHeaders(frame: ConnectFrame): Readonly<Record<string, string | undefined>> {
  return {
    "accept-version": frame.acceptVersions.join(","),
    host: frame.host,
    "heart-beat": writeHeartBeat(frame.heartBeat),
    login: frame.login,
    passcode: frame.passcode,
  };
}

function ackHeaders(reference: AckReference): Readonly<Record<string, string | undefined>> {
  if (reference.by === "ack") return { id: reference.ack };
  return { subscription: reference.subscription, "message-id": reference.messageId };
}
