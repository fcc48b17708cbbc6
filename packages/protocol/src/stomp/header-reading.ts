import { accept, type Decoded, type Problem } from "../decoded.ts";
import type { StompFrame } from "./frame.ts";

/** The reading of one frame's headers: what is taken is no longer among the rest. */
export interface HeaderReading {
  readonly command: string;
  /** Headers that STOMP does not define for the frame: the sender's own. */
  readonly rest: Map<string, string>;
  /** The first thing that could not be read; what was read in its place does not count. */
  problem: Problem | undefined;
}

export function readingOf({ command, headers }: StompFrame): HeaderReading {
  return { command, rest: new Map(headers), problem: undefined };
}

export function optional({ rest }: HeaderReading, name: string): string | undefined {
  const value = rest.get(name);
  if (value !== undefined) rest.delete(name);
  return value;
}

export function required(reading: HeaderReading, name: string): string {
  const value = optional(reading, name);
  if (value === undefined) noteHeader(reading, name, "it is missing");
  return value ?? "";
}

export function noteHeader(reading: HeaderReading, name: string, detail: string): void {
  reading.problem ??= { reason: "bad-header", at: `${reading.command}.${name}`, detail };
}

/** The frame that was read, unless something about its headers is wrong. */
export function readAs<T>(frame: T, { problem }: HeaderReading): Decoded<T> {
  return problem === undefined ? accept(frame) : { ok: false, problem };
}

/** Headers to be written: those that STOMP defines, where they have a value, and then the sender's own. */
export function headersOf(
  defined: Readonly<Record<string, string | undefined>>,
  rest: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(defined)) if (value !== undefined) headers.set(name, value);
  for (const [name, value] of rest) if (!headers.has(name)) headers.set(name, value);
  return headers;
}
