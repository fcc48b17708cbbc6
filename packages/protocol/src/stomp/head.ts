import { accept, refuse, type Decoded } from "../decoded.ts";
import { unescapeHeader } from "./escape.ts";
import { CONTENT_LENGTH, escapesOf, isStompCommand, type StompCommand, type StompHeaders } from "./frame.ts";
import type { StompVersion } from "./version.ts";

/** What stands before a frame's body. */
export interface Head {
  readonly command: StompCommand;
  readonly headers: StompHeaders;
  /** Undefined where the first NUL ends the body. */
  readonly contentLength: number | undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** More digits than any limit has. */
const LENGTH = /^[0-9]{1,15}$/;
const MAX_SHOWN_CHARS = 64;

/** Reads the lines of a command and its headers, with the blank line after them [STOMP 1.2 Augmented BNF]. */
export function readHead(bytes: Uint8Array, version: StompVersion): Decoded<Head> {
  const text = textOf(bytes);
  if (text === undefined) return refuse("not-a-frame", "head", "it is not UTF-8");
  const lined = version === "1.2" ? text.replaceAll("\r\n", "\n") : text;
  if (version === "1.2" && lined.includes("\r")) {
    return refuse("not-a-frame", "head", "a carriage return that ends no line");
  }
  const [command = "", ...lines] = lined.slice(0, -2).split("\n");
  if (!isStompCommand(command)) {
    return refuse("unknown-command", "command", `${shown(command)} is no command of STOMP`);
  }
  const headers = readHeaders(lines, escapesOf(command, version));
  return headers.ok ? withLength(command, headers.value) : headers;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function readHeaders(lines: readonly string[], escapes: StompVersion): Decoded<Map<string, string>> {
  const headers = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const at = `header ${index + 1}`;
    const colon = line.indexOf(":");
    if (colon < 1) return refuse("not-a-frame", at, "a name, a colon and a value are needed");
    const name = unescapeHeader(line.slice(0, colon), escapes);
    const value = unescapeHeader(line.slice(colon + 1), escapes);
    if (name === undefined || value === undefined) {
      return refuse("not-a-frame", at, `STOMP ${escapes} does not define an escape in it`);
    }
    if (!headers.has(name)) headers.set(name, value);
  }
  return accept(headers);
}

function withLength(command: StompCommand, headers: Map<string, string>): Decoded<Head> {
  const length = headers.get(CONTENT_LENGTH);
  if (length === undefined) return accept({ command, headers, contentLength: undefined });
  if (!LENGTH.test(length)) {
    return refuse("bad-header", `${command}.${CONTENT_LENGTH}`, `${shown(length)} is no number of bytes`);
  }
  headers.delete(CONTENT_LENGTH);
  return accept({ command, headers, contentLength: Number(length) });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_SHOWN_CHARS));
}
