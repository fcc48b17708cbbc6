import { accept, refuse, type Decoded } from "../decoded.ts";
import { escapeHeader } from "./escape.ts";
import {
  CONTENT_LENGTH,
  escapesOf,
  linesOf,
  mayHaveBody,
  type StompCommand,
  type StompFrame,
} from "./frame.ts";
import type { StompVersion } from "./version.ts";

/** One end of a line, which says between frames that this side is alive. */
export const HEART_BEAT_BYTES: Readonly<Uint8Array> = Uint8Array.of(0x0a);

const utf8 = new TextEncoder();
const MAX_SHOWN_CHARS = 64;
/** What ends a line early where it is not escaped; from 1.2 on, a carriage return may. */
const LINE_END = /\n/;
const LINE_END_OR_CR = /[\n\r]/;

/**
 * Writes one frame, with `content-length` where it has a body; one among its headers does not count. Refused is what the
 * version cannot carry: it would be read as something else, or not at all.
 */
export function writeFrame(frame: StompFrame, version: StompVersion): Decoded<Uint8Array> {
  const { command, headers, body } = frame;
  if (body.length > 0 && !mayHaveBody(command)) return refuse("unwritable", command, "it has no body");
  let head = `${command}\n`;
  for (const [name, value] of headers) {
    if (name === CONTENT_LENGTH) continue;
    const line = writeHeader(name, value, { command, version });
    if (line === undefined) {
      const at = `${command}.${name.slice(0, MAX_SHOWN_CHARS)}`;
      return refuse("unwritable", at, `STOMP ${version} cannot carry it`);
    }
    head += line;
  }
  if (body.length > 0) head += `${CONTENT_LENGTH}:${body.length}\n`;
  return accept(joined(utf8.encode(`${head}\n`), body));
}

interface Writing {
  readonly command: StompCommand;
  readonly version: StompVersion;
}

function writeHeader(name: string, value: string, { command, version }: Writing): string | undefined {
  const escapes = escapesOf(command, version);
  const written = [escapeHeader(name, escapes), escapeHeader(value, escapes)] as const;
  const stopper = linesOf(command, version) === "1.2" ? LINE_END_OR_CR : LINE_END;
  const isReadable = name !== "" && !written[0].includes(":") && !written.some((text) => stopper.test(text));
  if (!isReadable || !name.isWellFormed() || !value.isWellFormed()) return undefined;
  return `${written[0]}:${written[1]}\n`;
}

/** The head, the body and the NUL that ends them. */
function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + body.length + 1);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
