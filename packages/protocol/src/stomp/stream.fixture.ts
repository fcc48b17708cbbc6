import assert from "node:assert/strict";
import type { Problem } from "../decoded.ts";
import type { StompFrame } from "./frame.ts";
import { StompReader } from "./frame-reader.ts";
import { defaultStompLimits, type StompLimits } from "./limits.ts";
import type { StompVersion } from "./version.ts";

const utf8 = new TextEncoder();

export interface Stream {
  /** The version that both sides have agreed on; none where it is left out. */
  readonly version?: StompVersion | undefined;
  readonly limits?: Partial<StompLimits>;
  /** Bytes of each piece but the last; everything in one where it is left out. */
  readonly cut?: number;
}

/** What a reader made of a whole stream. */
export interface Heard {
  readonly frames: readonly StompFrame[];
  readonly beats: number;
  readonly problem: Problem | undefined;
}

export function bytesOf(text: string): Uint8Array {
  return utf8.encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

export function readerOf({ version, limits }: Stream = {}): StompReader {
  const reader = new StompReader({ ...defaultStompLimits, ...limits });
  if (version !== undefined) reader.speak(version);
  return reader;
}

export function hear(stream: string | Uint8Array, how: Stream = {}): Heard {
  const bytes = typeof stream === "string" ? bytesOf(stream) : stream;
  const reader = readerOf(how);
  const cut = how.cut ?? Math.max(bytes.length, 1);
  const frames: StompFrame[] = [];
  let beats = 0;
  for (let at = 0; at < bytes.length; at += cut) {
    for (const item of reader.read(bytes.subarray(at, at + cut))) {
      if (!item.ok) return { frames, beats, problem: item.problem };
      if (item.value.kind === "frame") frames.push(item.value.frame);
      else beats += 1;
    }
  }
  return { frames, beats, problem: undefined };
}

/** The one frame of a stream that has one and no more. */
export function oneFrame(stream: string | Uint8Array, how: Stream = {}): StompFrame {
  const { frames, problem } = hear(stream, how);
  const [frame] = frames;
  assert.ok(frame !== undefined && frames.length === 1, `${problem?.at}: ${problem?.detail}`);
  return frame;
}

/** Why a stream is refused, and where. */
export function refusal(
  stream: string | Uint8Array,
  how: Stream = {},
): readonly [reason: string, at: string] {
  const { frames, problem } = hear(stream, how);
  assert.ok(problem !== undefined && frames.length === 0, "it is read");
  return [problem.reason, problem.at];
}
