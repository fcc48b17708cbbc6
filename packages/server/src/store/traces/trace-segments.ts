import { appendFile, open, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { NewTracedMessage, TracedMessage, TraceQuery } from "../../ports/index.ts";
import { readDocument, writeDocument } from "../document.ts";
import type { Document } from "../document.ts";

export interface SegmentLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** One file, named for its first message. */
interface Segment {
  readonly path: string;
  readonly firstId: number;
  readonly firstAt: number;
  /** When its last message came, or somewhat later. */
  lastAt: number;
  /** Of the message after its last. */
  nextId: number;
  bytes: number;
  /** Where each message begins; known of the newest file alone, which is read again and again. */
  offsets: number[] | undefined;
}

/** What is lost at once when there is too much, of all that is kept. */
const SHARE = 10;
const FILE = /^(\d{12})-(\d{15})\.jsonl$/;
const ONLY_US = 0o600;
const LF = 0x0a;

/** The messages of one trace, in files of which the oldest go whole. Its caller does one thing at a time with it. */
export class TraceSegments {
  readonly #folder: string;
  readonly #limits: SegmentLimits;
  #segments: Segment[] = [];

  constructor(folder: string, limits: SegmentLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  static async open(folder: string, limits: SegmentLimits): Promise<TraceSegments> {
    const opened = new TraceSegments(folder, limits);
    await opened.#open();
    return opened;
  }

  /** Above {@link lastId} where there is none. */
  get firstId(): number {
    return this.#segments[0]?.firstId ?? this.lastId + 1;
  }

  get lastId(): number {
    return (this.#segments.at(-1)?.nextId ?? 1) - 1;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** When the newest message was seen; 0 without one. */
  get lastAt(): number {
    return this.#segments.at(-1)?.lastAt ?? 0;
  }

  async append(messages: readonly NewTracedMessage[]): Promise<void> {
    let rest = messages;
    while (rest.length > 0) rest = await this.#appendSome(rest);
    await this.#trim(() => this.#isTooMuch);
  }

  async read({ after, limit, from = 0, to = Infinity }: TraceQuery): Promise<readonly TracedMessage[]> {
    const found: TracedMessage[] = [];
    for (const segment of this.#segments) {
      const isOver = found.length >= limit || segment.firstAt >= to;
      if (isOver) break;
      const isBefore = segment.nextId <= after + 1 || segment.lastAt < from;
      if (isBefore) continue;
      const messages = await readMessages(segment, after);
      found.push(
        ...messages.filter((message) => message.id > after && message.at >= from && message.at < to),
      );
    }
    return found.slice(0, limit);
  }

  /** Deletes files with nothing in them that came later; the newest stays, for its numbers. */
  async prune(before: number): Promise<void> {
    await this.#trim(() => (this.#segments[0]?.lastAt ?? Infinity) < before);
  }

  get #isTooMuch(): boolean {
    const { maxMessages, maxBytes } = this.#limits;
    return this.lastId - this.firstId + 1 > maxMessages || this.bytes > maxBytes;
  }

  async #trim(isDue: () => boolean): Promise<void> {
    while (this.#segments.length > 1 && isDue()) {
      const oldest = this.#segments.shift();
      if (oldest !== undefined) await rm(oldest.path, { force: true });
    }
  }

  /** As many as the newest file takes; gives those that are left. */
  async #appendSome(messages: readonly NewTracedMessage[]): Promise<readonly NewTracedMessage[]> {
    const segment = this.#newest(messages[0]?.at ?? 0);
    let { lastAt } = segment;
    const offsets = segment.offsets ?? [];
    let { nextId, bytes } = segment;
    const begun: number[] = [];
    const lines: Buffer[] = [];
    for (const message of messages) {
      if (lines.length > 0 && this.#isFull({ ...segment, nextId, bytes }, message.at)) break;
      const line = Buffer.from(`${writeDocument({ id: nextId, ...message })}\n`);
      lines.push(line);
      begun.push(bytes);
      nextId += 1;
      bytes += line.length;
      lastAt = Math.max(lastAt, message.at);
    }
    try {
      await appendFile(segment.path, Buffer.concat(lines), { mode: ONLY_US });
    } catch (error) {
      // What is half written is cut off, or stands alone at the end of a file that is over.
      await truncate(segment.path, segment.bytes).catch(() => undefined);
      throw error;
    }
    if (segment !== this.#segments.at(-1)) this.#add(segment);
    Object.assign(segment, { nextId, bytes, lastAt, offsets: [...offsets, ...begun] });
    return messages.slice(lines.length);
  }

  #newest(at: number): Segment {
    const newest = this.#segments.at(-1);
    if (newest !== undefined && !this.#isFull(newest, at)) return newest;
    const firstId = this.lastId + 1;
    const firstAt = Math.max(0, Math.floor(at));
    const name = `${String(firstId).padStart(12, "0")}-${String(firstAt).padStart(15, "0")}.jsonl`;
    const none = { nextId: firstId, lastAt: firstAt, bytes: 0, offsets: [] };
    return { path: join(this.#folder, name), firstId, firstAt, ...none };
  }

  #add(segment: Segment): void {
    const before = this.#segments.at(-1);
    if (before !== undefined) before.offsets = undefined;
    this.#segments.push(segment);
  }

  /** Of what is too old, more than a share is kept only where the clock jumped. */
  #isFull({ firstId, firstAt, nextId, bytes }: Segment, at: number): boolean {
    const { maxMessages, maxBytes, maxAgeMs } = this.#limits;
    const isLong = nextId - firstId >= Math.ceil(maxMessages / SHARE) || bytes >= maxBytes / SHARE;
    return isLong || at - firstAt >= maxAgeMs / SHARE;
  }

  async #open(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => FILE.test(name)).toSorted();
    for (const name of names) {
      const [, id, at] = FILE.exec(name) ?? [];
      const path = join(this.#folder, name);
      const { size: bytes } = await stat(path);
      const [firstId, firstAt] = [Number(id), Number(at)];
      const before = this.#segments.at(-1);
      if (before !== undefined) Object.assign(before, { nextId: firstId, lastAt: firstAt });
      const unread = { nextId: firstId, lastAt: firstAt, offsets: undefined };
      this.#segments.push({ path, firstId, firstAt, bytes, ...unread });
    }
    const newest = this.#segments.at(-1);
    if (newest !== undefined) await this.#mend(newest);
  }

  /** Cuts off what a crash left half written. */
  async #mend(segment: Segment): Promise<void> {
    const content = await readFile(segment.path);
    const whole = content.lastIndexOf(LF) + 1;
    if (whole < content.length) await truncate(segment.path, whole);
    const messages = parseLines(content.subarray(0, whole));
    const offsets: number[] = [];
    for (let at = 0; at < whole; at = content.indexOf(LF, at) + 1) offsets.push(at);
    const last = messages.at(-1);
    const lastAt = last?.at ?? segment.firstAt;
    Object.assign(segment, { bytes: whole, offsets, lastAt, nextId: (last?.id ?? segment.firstId - 1) + 1 });
  }
}

/** Of one file, from the first after that id on where it is known where that stands. */
async function readMessages(segment: Segment, after: number): Promise<readonly TracedMessage[]> {
  const offset = segment.offsets?.[Math.max(0, after + 1 - segment.firstId)] ?? 0;
  const content = Buffer.alloc(Math.max(0, segment.bytes - offset));
  await using file = await open(segment.path, "r");
  const { bytesRead } = await file.read(content, 0, content.length, offset);
  return parseLines(content.subarray(0, bytesRead));
}

function parseLines(content: Buffer): readonly TracedMessage[] {
  const lines = content.toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => readDocument(line as Document<TracedMessage>));
}
