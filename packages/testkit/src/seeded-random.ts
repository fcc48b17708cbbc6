/** Randomness that a test can repeat. It has the shape of the server's random port. */
export interface SeededRandom {
  readonly seed: number;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** `bytes` random bytes, in `[0-9a-f]`. */
  hex(bytes: number): string;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
}

/**
 * Repeats the run of another seed with `HELIOGRAPH_SEED=<seed>`; draws a fresh one otherwise and prints it, so that a
 * failure can be repeated.
 */
export function seededRandom(print: (line: string) => void, seed = seedOfRun()): SeededRandom {
  print(`HELIOGRAPH_SEED=${seed}`);
  const next = mulberry32(seed);
  const fraction = (): number => next() / 2 ** 32;
  const integer = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1));
  const byte = (): string => integer(0, 255).toString(16).padStart(2, "0");
  return { seed, fraction, integer, hex: (bytes) => Array.from({ length: bytes }, byte).join("") };
}

function seedOfRun(): number {
  const given = Number(process.env["HELIOGRAPH_SEED"]);
  return Number.isInteger(given) && given > 0 ? given : Math.floor(Math.random() * 2 ** 31) + 1;
}

/** A small generator of 32-bit numbers with a state of 32 bits; its statistics are far better than a test needs. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
