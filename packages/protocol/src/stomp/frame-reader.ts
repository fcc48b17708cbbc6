import { accept, refuse, type Decoded, type Problem } from "../decoded.ts";
import { NO_BODY, mayHaveBody, type StompFrame } from "./frame.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { readHead, type Head } from "./head.ts";
import type { StompLimits } from "./limits.ts";
import { VERSION_AT_FIRST, type StompVersion } from "./version.ts";

/** What a stream of STOMP is made of. */
export type StompItem =
  | { readonly kind: "frame"; readonly frame: StompFrame }
  /** One or more ends of lines between two frames, which say that the other side is alive. */
  | { readonly kind: "heart-beat" };

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

const HEART_BEAT: Decoded<StompItem> = accept({ kind: "heart-beat" });

/**
 * Reads the frames of one connection out of pieces that may end anywhere. It keeps what of one frame has come, and never
 * more than the limits allow; its time is in proportion to the bytes, however they are cut. Problems are placed by the
 * part of the frame: `head`, `command`, `header 2`, `SEND.content-length`, `body`.
 */
export class StompReader {
  readonly #limits: StompLimits;
  readonly #kept = new GrowingBytes();
  #version = VERSION_AT_FIRST;
  #chunk: Uint8Array = NO_BODY;
  #at = 0;
  /** Lines of the head that are whole. */
  #lines = 0;
  /** Bytes of the line that is not. */
  #lineBytes = 0;
  /** Bytes that the body of this frame may have, once its head is whole. */
  #maxBody = 0;
  #head: Head | undefined;
  /** The body, once it is whole: what is missing then is its NUL. */
  #body: Uint8Array | undefined;
  #problem: Problem | undefined;

  constructor(limits: StompLimits) {
    this.#limits = limits;
  }

  /** From the next frame on, also of a chunk that is being read: the version that both sides have agreed on. */
  speak(version: StompVersion): void {
    this.#version = version;
  }

  /**
   * Gives what the chunk completes, one by one; its bytes are copied. A problem is the last: from then on every chunk
   * gives that same one. Each chunk is to be read to its end before the next.
   */
  *read(chunk: Uint8Array): Generator<Decoded<StompItem>, void, undefined> {
    if (this.#at < this.#chunk.length) throw new Error("the chunk before has not been read to its end");
    if (this.#problem !== undefined) yield { ok: false, problem: this.#problem };
    else this.#chunk = chunk;
    while (this.#at < this.#chunk.length) {
      const item = this.#next();
      if (item === undefined) continue;
      if (!item.ok) this.#break(item.problem);
      yield item;
    }
    this.#chunk = NO_BODY;
    this.#at = 0;
  }

  #break(problem: Problem): void {
    this.#problem = problem;
    this.#kept.take();
    this.#chunk = NO_BODY;
    this.#at = 0;
    this.#head = undefined;
    this.#body = undefined;
  }

  /** Undefined where the chunk ends before anything is complete, or a part of a frame is. */
  #next(): Decoded<StompItem> | undefined {
    if (this.#head === undefined) return this.#readHead();
    return this.#body === undefined ? this.#readBody(this.#head) : this.#endFrame(this.#head, this.#body);
  }

  #readHead(): Decoded<StompItem> | undefined {
    const chunk = this.#chunk;
    let lineStart = this.#at;
    for (;;) {
      const lineEnd = chunk.indexOf(LF, lineStart);
      const isWhole = lineEnd >= 0;
      const end = isWhole ? lineEnd : chunk.length;
      const excess = this.#excessOfLine(end, lineStart);
      if (excess !== undefined) return refuse("over-limit", "head", excess);
      if (!isWhole) break;
      if (this.#isBlank(lineStart, lineEnd)) return this.#endHead(lineEnd + 1);
      this.#lineBytes = 0;
      this.#lines += 1;
      // The first line is the command.
      if (this.#lines > this.#limits.maxHeaders + 1) {
        return refuse("over-limit", "head", `more than ${this.#limits.maxHeaders} headers`);
      }
      lineStart = lineEnd + 1;
    }
    this.#keepLine(lineStart);
    return undefined;
  }

  /** What is too much once the line goes on to `end`. */
  #excessOfLine(end: number, lineStart: number): string | undefined {
    const { maxLineBytes, maxFrameBytes } = this.#limits;
    const lineBytes = this.#lineBytes + end - lineStart;
    if (lineBytes > maxLineBytes) return `a line of more than ${maxLineBytes} bytes`;
    const headBytes = this.#kept.length + end - this.#at;
    return headBytes > maxFrameBytes ? `more than ${maxFrameBytes} bytes` : undefined;
  }

  #keepLine(lineStart: number): void {
    const chunk = this.#chunk;
    this.#lineBytes += chunk.length - lineStart;
    this.#kept.append(chunk.subarray(this.#at), this.#limits.maxFrameBytes);
    this.#at = chunk.length;
  }

  #isBlank(lineStart: number, lineEnd: number): boolean {
    const lineBytes = this.#lineBytes + lineEnd - lineStart;
    if (lineBytes !== 1 || this.#version !== "1.2") return lineBytes === 0;
    return (lineEnd > lineStart ? this.#chunk[lineStart] : this.#kept.last) === CR;
  }

  #endHead(end: number): Decoded<StompItem> | undefined {
    const isBeat = this.#lines === 0;
    const part = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    this.#lines = 0;
    this.#lineBytes = 0;
    if (this.#kept.length > 0) this.#kept.append(part, this.#kept.length + part.length);
    const bytes = this.#kept.length > 0 ? this.#kept.take() : part;
    if (isBeat) return this.#beat();
    const head = readHead(bytes, this.#version);
    if (!head.ok) return head;
    const { maxBodyBytes, maxFrameBytes } = this.#limits;
    this.#maxBody = Math.max(0, Math.min(maxBodyBytes, maxFrameBytes - bytes.length));
    if ((head.value.contentLength ?? 0) > this.#maxBody) return this.#tooLarge();
    this.#head = head.value;
    return undefined;
  }

  #beat(): Decoded<StompItem> {
    while (this.#chunk[this.#at] === LF) this.#at += 1;
    return HEART_BEAT;
  }

  #readBody({ contentLength }: Head): Decoded<StompItem> | undefined {
    const end = this.#endOfBody(contentLength);
    const part = this.#chunk.subarray(this.#at, end);
    if (this.#kept.length + part.length > this.#maxBody) return this.#tooLarge();
    this.#at += part.length;
    if (end !== undefined && this.#kept.length === 0) {
      this.#body = part.length === 0 ? NO_BODY : new Uint8Array(part);
      return undefined;
    }
    this.#kept.append(part, contentLength ?? this.#maxBody);
    if (end !== undefined) this.#body = this.#kept.take();
    return undefined;
  }

  #tooLarge(): Decoded<never> {
    return refuse("over-limit", "body", `more than ${this.#maxBody} bytes`);
  }

  /** Where in the chunk the body ends; undefined where it goes on. */
  #endOfBody(contentLength: number | undefined): number | undefined {
    if (contentLength !== undefined) {
      const end = this.#at + contentLength - this.#kept.length;
      return end <= this.#chunk.length ? end : undefined;
    }
    const nul = this.#chunk.indexOf(NUL, this.#at);
    return nul < 0 ? undefined : nul;
  }

  #endFrame({ command, headers }: Head, body: Uint8Array): Decoded<StompItem> {
    if (this.#chunk[this.#at] !== NUL) return refuse("not-a-frame", "body", "no NUL ends it");
    this.#at += 1;
    this.#head = undefined;
    this.#body = undefined;
    if (body.length === 0 || mayHaveBody(command)) return frameOf({ command, headers, body });
    // In 1.0 such a body is passed over [STOMP 1.0 SUBSCRIBE].
    if (this.#version === "1.0") return frameOf({ command, headers, body: NO_BODY });
    return refuse("not-a-frame", "body", `${command} has none`);
  }
}

function frameOf(frame: StompFrame): Decoded<StompItem> {
  return accept({ kind: "frame", frame });
}
