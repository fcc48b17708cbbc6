import type { Problem } from "../decoded.ts";

/** Where in a token a value stands, and what the reading of the whole token has come to. */
export interface Spot {
  /** JSON path. */
  readonly at: string;
  readonly reading: Reading;
}

/** The reading of one token. */
export interface Reading {
  /** Whether values are to be set on a device, so that each must be one that can be. */
  readonly sets: boolean;
  /** Members and items that may still come. */
  left: number;
  /** The first thing that could not be read; the rest of the token does not count any more. */
  problem: Problem | undefined;
}

const MAX_NAME_CHARS = 64;

export function within(spot: Spot, name: string | number): Spot {
  const step = typeof name === "number" ? `[${name}]` : `.${name.slice(0, MAX_NAME_CHARS)}`;
  return { at: `${spot.at}${step}`, reading: spot.reading };
}

export function note({ at, reading }: Spot, detail: string): void {
  reading.problem ??= { reason: "bad-field", at, detail };
}

/** Counts members against the limit; false where there are too many. */
export function spend({ at, reading }: Spot, count: number): boolean {
  reading.left -= count;
  if (reading.left >= 0) return true;
  reading.problem ??= { reason: "over-limit", at, detail: "the message holds too many values" };
  return false;
}
