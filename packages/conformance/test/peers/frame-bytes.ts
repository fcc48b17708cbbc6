export interface Frame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What cannot be read, with the close code that is due. */
export class BadFrame extends Error {
  override readonly name = "BadFrame";
  readonly code: number;
  readonly receipt: string | undefined;

  constructor(
    message: string,
    { code = 1003, receipt }: { readonly code?: number; readonly receipt?: string | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.receipt = receipt;
  }
}

export interface FrameReading {
  /** Ends every body at its first NUL, whatever content-length says. */
  readonly cutsAtNul: boolean;
  /** Takes `\c` for two characters. */
  readonly isDeafToEscapes: boolean;
  readonly longest: number;
}

const WITH_BODY = new Set(["SEND", "MESSAGE", "ERROR"]);
const NUL = 0;

/** Reads a stream of STOMP 1.2, byte by byte. */
export class FrameReader {
  readonly #reading: FrameReading;
  #bytes = Buffer.alloc(0);

  constructor(reading: FrameReading) {
    this.#reading = reading;
  }

  /** The frames that are whole now. Throws {@link BadFrame}. */
  take(piece: string | Buffer): readonly Frame[] {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(piece)]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    while (this.#bytes[0] === 10 || this.#bytes[0] === 13) this.#bytes = this.#bytes.subarray(1);
    const text = this.#bytes.toString("latin1");
    const blank = /\r?\n\r?\n/.exec(text);
    if (blank === null) return undefined;
    const [command = "", ...lines] = Buffer.from(text.slice(0, blank.index), "latin1")
      .toString()
      .split(/\r?\n/);
    const headers = this.#headers(lines);
    const start = blank.index + blank[0].length;
    const end = this.#end(start, headers);
    if (end === undefined) return undefined;
    const body = this.#bytes.subarray(start, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    if (body.length > 0 && !WITH_BODY.has(command)) throw new BadFrame("a body in the wrong place");
    return { command, headers, body };
  }

  #headers(lines: readonly string[]): ReadonlyMap<string, string> {
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1)].map((part) =>
        this.#unescaped(part),
      );
      if (name !== undefined && !headers.has(name)) headers.set(name, value ?? "");
    }
    return headers;
  }

  #unescaped(text: string): string {
    if (/\\[^\\nrc]/.test(text)) throw new BadFrame("an escape that there is not");
    if (this.#reading.isDeafToEscapes) return text.replaceAll("\\\\", "\\");
    return text.replace(/\\(.)/g, (_, sign: string) => ({ n: "\n", r: "\r", c: ":" })[sign] ?? "\\");
  }

  /** Where the body's NUL stands. */
  #end(start: number, headers: ReadonlyMap<string, string>): number | undefined {
    const told = headers.get("content-length");
    if (told !== undefined && !/^\d+$/.test(told)) throw new BadFrame("no content-length");
    if (Number(told) > this.#reading.longest)
      throw new BadFrame("too long", { code: 1009, receipt: headers.get("receipt") });
    if (told === undefined || this.#reading.cutsAtNul) {
      const end = this.#bytes.indexOf(NUL, start);
      return end < 0 ? undefined : end;
    }
    const end = start + Number(told);
    if (end >= this.#bytes.length) return undefined;
    if (this.#bytes[end] !== NUL) throw new BadFrame("no NUL behind the body");
    return end;
  }
}

/** Writes a frame; headers that are undefined are left out. */
export function frameText(
  command: string,
  headers: Readonly<Record<string, string | undefined>>,
  body = "",
): string {
  const escaped = (text: string): string =>
    text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll(":", "\\c");
  const written = command === "CONNECT" || command === "CONNECTED" ? (text: string) => text : escaped;
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}:${written(value)}`],
  );
  if (body !== "") lines.push(`content-length:${Buffer.byteLength(body)}`);
  return `${[command, ...lines].join("\n")}\n\n${body}\0`;
}
