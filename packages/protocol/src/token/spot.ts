import type { Problem } from "../decoded.ts";

/**
 * How much is asked of a value. `schema`: it is to be written to the other side, so that patterns, ranges and least counts
 * hold and every binding can carry it. `kinds`: it came from the other side, of which kinds and lengths are asked.
 */
export type Strictness = "schema" | "kinds";

/** Where in a token a value stands, and what the reading of the whole token has come to. */
export interface Spot {
  /** JSON path. */
  readonly at: string;
  readonly reading: Reading;
}

/** The reading of one token. */
export interface Reading {
  readonly strictness: Strictness;
  /** The first thing that could not be read; the rest of the token does not count any more. */
  problem: Problem | undefined;
}

const MAX_NAME_CHARS = 64;
const PLAIN_NAME = /^[A-Za-z_]\w*$/;

export function startReading(strictness: Strictness): Reading {
  return { strictness, problem: undefined };
}

export function within(spot: Spot, name: string | number): Spot {
  return { at: `${spot.at}${stepTo(name)}`, reading: spot.reading };
}

function stepTo(name: string | number): string {
  if (typeof name === "number") return `[${name}]`;
  const shown = name.slice(0, MAX_NAME_CHARS);
  return PLAIN_NAME.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
}

export function note({ at, reading }: Spot, detail: string): void {
  reading.problem ??= { reason: "bad-field", at, detail };
}

/** Notes what is wrong with a value, and gives none in its place. */
export function refused(spot: Spot, detail: string): unknown {
  note(spot, detail);
  return undefined;
}
