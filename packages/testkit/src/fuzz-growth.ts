import { HOSTILE_TOKENS } from "./fuzz-mutation.ts";

/** A reader whose time must grow no faster than its input. */
export interface GrowthTarget {
  /** What means something to this reader, besides {@link HOSTILE_TOKENS}: each is repeated, alone and in pairs. */
  readonly tokens: readonly string[];
  /** What stands before and after the repeated piece, so that it is read at all; nothing unless said otherwise. */
  readonly frames?: readonly (readonly [before: string, after: string])[];
  readonly read: (input: string) => unknown;
  /** Characters of a long input: a reader that bounds its input is given what it still takes. */
  readonly chars?: number;
}

/** The time for a long input grew faster than the input. */
export class GrowthError extends Error {
  override readonly name = "GrowthError";
  readonly code = "E_GROWTH";
}

const CHARS = 16_384;
/** A long input is so many times the length of a short one. */
const FACTOR = 4;
/** Time in proportion is FACTOR times as much, time that grows by the square 16 times. */
const MOST_GROWTH = 10;
/** What takes less is not worth a second look, and too little to be measured. */
const UNSUSPICIOUS_US = 20_000;
/** Some kernels count a thread's time in ticks: what is shorter than one may count as nothing. */
const TICK_US = 4_000;
/** The least of so many counts: a thread is now and then made to wait, but never made faster. */
const MEASUREMENTS = 3;

/**
 * Reads every token over and over, and every pair of tokens. Where a long input takes its time, a quarter of it must take
 * about a quarter: what is measured is this thread's own time. Throws {@link GrowthError}.
 */
export function growsLinearly({ tokens, frames = [["", ""]], read, chars = CHARS }: GrowthTarget): void {
  const pieces = [...new Set([...tokens, ...HOSTILE_TOKENS])];
  const pairs = tokens.flatMap((first) => tokens.map((second) => first + second));
  for (const [before, after] of frames) {
    const written = (piece: string, length: number): string =>
      before + piece.repeat(Math.ceil(length / piece.length)) + after;
    for (const piece of [...pieces, ...pairs]) {
      const long = written(piece, chars);
      if (timeOf(() => read(long)) < UNSUSPICIOUS_US) continue;
      const short = written(piece, chars / FACTOR);
      const [less, more] = [leastTime(() => read(short)), leastTime(() => read(long))];
      if (more < MOST_GROWTH * Math.max(less, TICK_US)) continue;
      const shown = JSON.stringify(`${before}${piece}…${after}`);
      throw new GrowthError(
        `${shown}: ${less} µs for ${short.length} characters, but ${more} µs for ${long.length}`,
      );
    }
  }
}

function leastTime(action: () => unknown): number {
  return Math.min(...Array.from({ length: MEASUREMENTS }, () => timeOf(action)));
}

/** Microseconds of this thread, in which nobody else's count. */
function timeOf(action: () => unknown): number {
  const before = process.threadCpuUsage();
  action();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}
