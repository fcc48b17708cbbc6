export interface StompFrame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", ":": "\\c" };
const MEANINGS: Readonly<Record<string, string>> = { "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\c": ":" };

/** Writes a frame of STOMP 1.2; one without a body has no content-length. */
export function stompFrame(command: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const isPlain = command === "CONNECT" || command === "CONNECTED";
  const escape = (text: string): string =>
    isPlain ? text : text.replace(/[\\\n\r:]/g, (one) => ESCAPES[one] ?? one);
  const lengths = body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries({ ...headers, ...lengths }).map(
    ([name, value]) => `${escape(name)}:${escape(value)}\n`,
  );
  return `${command}\n${lines.join("")}\n${body}\0`;
}

/** Reads a stream of frames, piece by piece. */
export class StompReader {
  #bytes = Buffer.alloc(0);

  /** The frames that are whole now; ends of lines between them count as signs of life. */
  take(piece: string | Buffer): { readonly frames: readonly StompFrame[]; readonly isAlive: boolean } {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(piece)]);
    const frames: StompFrame[] = [];
    for (;;) {
      this.#bytes = this.#bytes.subarray(blanks(this.#bytes));
      const next = readStompFrame(this.#bytes);
      if (next === undefined) return { frames, isAlive: frames.length === 0 };
      frames.push(next.frame);
      this.#bytes = this.#bytes.subarray(next.length);
    }
  }
}

function blanks(bytes: Buffer): number {
  const count = bytes.findIndex((byte) => byte !== 10 && byte !== 13);
  return count < 0 ? bytes.length : count;
}

function readStompFrame(bytes: Buffer): { readonly frame: StompFrame; readonly length: number } | undefined {
  const [, head = "", gap = ""] = /^([^]*?)(\r?\n\r?\n)/.exec(bytes.toString("latin1")) ?? [];
  if (gap === "") return undefined;
  const [command = "", ...lines] = Buffer.from(head, "latin1").toString("utf8").split(/\r?\n/);
  const headers = headersOf(lines, command === "CONNECTED" || command === "CONNECT");
  const start = head.length + gap.length;
  const told = headers.get("content-length");
  const end = told === undefined ? bytes.indexOf(0, start) : start + Number(told);
  if (end < start || end >= bytes.length) return undefined;
  return { frame: { command, headers, body: bytes.toString("utf8", start, end) }, length: end + 1 };
}

/** Of repeated headers the first counts [STOMP-HEADER-2]. */
function headersOf(lines: readonly string[], isPlain: boolean): ReadonlyMap<string, string> {
  const read = (text: string): string =>
    isPlain ? text : text.replace(/\\./g, (one) => MEANINGS[one] ?? one);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = read(line.slice(0, colon));
    if (!headers.has(name)) headers.set(name, read(line.slice(colon + 1)));
  }
  return headers;
}
