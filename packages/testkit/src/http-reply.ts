/** An HTTP reply as it came. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case; a header that came several times has several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

interface Parsed {
  readonly reply: HttpReply;
  /** Bytes of the input it took, those of interim replies before it included. */
  readonly length: number;
}

interface Body {
  readonly bytes: Buffer;
  readonly end: number;
}

/** Reads the first reply off the bytes received so far; undefined while it is not whole. */
export function parseReply(received: Buffer, isClosed: boolean): Parsed | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [statusLine = "", ...lines] = received.toString("latin1", 0, headEnd).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not an HTTP status line: ${statusLine}`);
  const start = headEnd + 4;
  if (status < 200) return skipInterim(received, { start, isClosed });
  const headers = parseHeaders(lines);
  const body = readBody(received, { start, isClosed, status, headers });
  if (body === undefined) return undefined;
  return { reply: { status, headers, body: body.bytes.toString("utf8") }, length: body.end };
}

function skipInterim(
  received: Buffer,
  { start, isClosed }: { start: number; isClosed: boolean },
): Parsed | undefined {
  const next = parseReply(received.subarray(start), isClosed);
  return next === undefined ? undefined : { reply: next.reply, length: start + next.length };
}

/** The header lines of a message, without its first line. */
export function parseHeaders(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, [...(headers.get(name) ?? []), value]);
  }
  return headers;
}

interface Framing {
  readonly start: number;
  readonly isClosed: boolean;
  readonly status: number;
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

function readBody(received: Buffer, { start, isClosed, status, headers }: Framing): Body | undefined {
  if (status === 204 || status === 304) return { bytes: Buffer.alloc(0), end: start };
  if (headers.get("transfer-encoding")?.includes("chunked") === true) return readChunks(received, start);
  const length = headers.get("content-length")?.[0];
  const end = length === undefined ? received.length : start + Number(length);
  const isWhole = length === undefined ? isClosed : received.length >= end;
  return isWhole ? { bytes: received.subarray(start, end), end } : undefined;
}

function readChunks(received: Buffer, start: number): Body | undefined {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = received.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString("latin1", at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (received.length < end + 2) return undefined;
    if (size === 0) return { bytes: Buffer.concat(chunks), end: end + 2 };
    chunks.push(received.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
