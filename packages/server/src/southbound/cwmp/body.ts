import { isAscii } from "node:buffer";
import { promisify } from "node:util";
import { gunzip, inflate, inflateRaw } from "node:zlib";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Intake } from "./intake.ts";

/**
 * What came of reading a request's body: its text, or the HTTP status that refuses it. `gone` where the device closed the
 * connection before the end, so that nobody waits for a reply.
 */
export type Body =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "refused"; readonly status: 400 | 413 | 415 | 503 }
  | { readonly type: "gone" };

export interface BodyBounds {
  /** Bytes of one body, as sent and as inflated. */
  readonly maxBytes: number;
  readonly intake: Intake;
  /** Bytes of all unfinished bodies together. */
  readonly maxHeldBytes: number;
}

/** Reads a body to its end, inflates it, and decodes its characters. Never throws on what a device sends. */
export function readBody(request: IncomingMessage, bounds: BodyBounds): Body | Promise<Body> {
  const { "content-length": length = "" } = request.headers;
  // Node drops what nobody reads as soon as it is answered.
  if (length === "0" && !request.destroyed) return { type: "text", text: "" };
  if (Number(length) > bounds.maxBytes) return refused(413);
  return collect(request, bounds);
}

/** Without destroying the request where it ends early: the refusal must still reach the device. */
function collect(request: IncomingMessage, { maxBytes, intake, maxHeldBytes }: BodyBounds): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let length = 0;
  let held = 0;
  // What comes first settles it; whatever the request says after that changes nothing.
  const settle = (body: Body | Promise<Body>): void => {
    intake.release(held);
    held = 0;
    resolve(body);
  };
  const refuse = (status: 413 | 503): void => {
    request.off("data", onData).pause();
    settle(refused(status));
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > maxBytes) {
      refuse(413);
    } else if (intake.take(chunk.length, maxHeldBytes)) {
      held += chunk.length;
      chunks.push(chunk);
    } else {
      refuse(503);
    }
  };
  const onEnd = (): void => {
    settle(readText(joined(chunks), request.headers, maxBytes));
  };
  const onGone = (): void => {
    settle({ type: "gone" });
  };
  // One that breaks off closes, and says so by an error only to those who listen for it.
  if (request.destroyed && !request.readableEnded) onGone();
  else request.on("data", onData).on("end", onEnd).on("close", onGone);
  return promise;
}

/** Most bodies come in one piece. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first = EMPTY, ...others] = chunks;
  return others.length === 0 ? first : Buffer.concat(chunks);
}

const EMPTY = Buffer.alloc(0);

function readText(bytes: Buffer, headers: IncomingHttpHeaders, maxBytes: number): Body | Promise<Body> {
  const { "content-encoding": encoding, "content-type": type } = headers;
  // Some devices announce gzip on their empty POSTs, too.
  if (bytes.length === 0) return { type: "text", text: "" };
  if (encoding === undefined) return { type: "text", text: decodeText(bytes, type) };
  return inflateBody(bytes, encoding, maxBytes).then((inflated) =>
    typeof inflated === "number" ? refused(inflated) : { type: "text", text: decodeText(inflated, type) },
  );
}

type Refusal = 400 | 413 | 415;

async function inflateBody(bytes: Buffer, encoding: string, maxBytes: number): Promise<Buffer | Refusal> {
  const [coding, ...others] = codingsOf(encoding);
  if (others.length > 0) return 415;
  switch (coding) {
    case undefined:
      return bytes;
    case "gzip":
    case "x-gzip":
      return bounded(gunzipped, bytes, maxBytes);
    case "deflate": {
      const whole = await bounded(inflated, bytes, maxBytes);
      // Some senders leave the zlib header out [RFC 9110 8.4.1.2].
      return whole === 400 ? bounded(inflatedRaw, bytes, maxBytes) : whole;
    }
    default:
      return 415;
  }
}

/** What was done to a body, in order; `identity` is nothing. */
function codingsOf(encoding: string): readonly string[] {
  const names = encoding.split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "" && name !== "identity");
}

type Inflate = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const gunzipped: Inflate = promisify(gunzip);
const inflated: Inflate = promisify(inflate);
const inflatedRaw: Inflate = promisify(inflateRaw);

async function bounded(inflateBytes: Inflate, bytes: Buffer, maxBytes: number): Promise<Buffer | Refusal> {
  try {
    return await inflateBytes(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    return error instanceof RangeError ? 413 : 400;
  }
}

const CHARSET = /;\s*charset\s*=\s*["']?([^\s"';]+)/i;
const DECLARED = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']+)["']/;

/** Decodes by its first bytes, header, XML declaration, or as UTF-8; what is none of these reads as Latin-1. */
export function decodeText(bytes: Buffer, contentType: string | undefined): string {
  const named =
    evident(bytes) ??
    CHARSET.exec(contentType ?? "")?.[1] ??
    DECLARED.exec(bytes.toString("latin1", 0, 200))?.[1] ??
    "utf-8";
  return decodeAs(named, bytes) ?? decodeAs("utf-8", bytes) ?? bytes.toString("latin1");
}

/** By a byte order mark, or by a `<` of two bytes and what follows it [XML 1.0 F.1]. */
function evident(bytes: Buffer): "utf-8" | "utf-16be" | "utf-16le" | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0x00 && second === 0x3c && third === 0x00) return "utf-16be";
  if (first === 0x3c && second === 0x00 && fourth === 0x00) return "utf-16le";
  return undefined;
}

/** Any bytes are some UTF-16: it is taken for that only where it is evident, whatever it says of itself. */
function decodeAs(label: string, bytes: Buffer): string | undefined {
  // Nearly every text is ASCII, which needs no decoder.
  if (label.toLowerCase() === "utf-8" && isAscii(bytes)) return bytes.toString("latin1");
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    const isMistaken = decoder.encoding.startsWith("utf-16") && evident(bytes) !== decoder.encoding;
    return isMistaken ? undefined : decoder.decode(bytes);
  } catch {
    // An unknown label, or bytes that are not of it: the next guess is tried.
    return undefined;
  }
}

function refused(status: 400 | 413 | 415 | 503): Body {
  return { type: "refused", status };
}
