import { VERSION_AT_FIRST, type StompVersion } from "./version.ts";

export const clientCommands = [
  "CONNECT",
  "STOMP",
  "SEND",
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "ACK",
  "NACK",
  "BEGIN",
  "COMMIT",
  "ABORT",
  "DISCONNECT",
] as const;

export const serverCommands = ["CONNECTED", "MESSAGE", "RECEIPT", "ERROR"] as const;

export type ClientCommand = (typeof clientCommands)[number];
export type ServerCommand = (typeof serverCommands)[number];
export type StompCommand = ClientCommand | ServerCommand;

export type StompHeaders = ReadonlyMap<string, string>;

/** One frame of either side, without its escapes. What its headers mean is read by `decodeClientFrame` and its twin. */
export interface StompFrame {
  readonly command: StompCommand;
  /** In the order of the wire, the first of repeated ones; without `content-length`, which is the body's own. */
  readonly headers: StompHeaders;
  readonly body: Uint8Array;
}

export const NO_HEADERS: StompHeaders = new Map();
export const NO_BODY = new Uint8Array(0);
/** The header that is the codec's: readers take it out, writers put it in. */
export const CONTENT_LENGTH = "content-length";

const commands: ReadonlySet<string> = new Set([...clientCommands, ...serverCommands]);

export function isStompCommand(text: string): text is StompCommand {
  return commands.has(text);
}

/** [STOMP 1.2 Body] */
export function mayHaveBody(command: StompCommand): boolean {
  return command === "SEND" || command === "MESSAGE" || command === "ERROR";
}

/** The version whose lines a frame has: those that open a session come before any is agreed on. */
export function linesOf(command: StompCommand, version: StompVersion): StompVersion {
  return opensSession(command) ? VERSION_AT_FIRST : version;
}

/** The version whose escapes a frame's headers have; CONNECT and CONNECTED have none [STOMP 1.2 Value Encoding]. */
export function escapesOf(command: StompCommand, version: StompVersion): StompVersion {
  return command === "CONNECT" || command === "CONNECTED" ? "1.0" : linesOf(command, version);
}

/** Whether a frame comes before a version is agreed on. */
export function opensSession(command: StompCommand): boolean {
  return command === "CONNECT" || command === "STOMP" || command === "CONNECTED";
}
