import { HOSTILE_TOKENS, nextInput, type FuzzMaterial } from "./fuzz-mutation.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";

/** A reader that takes whatever comes from outside, and what must hold of it. */
export interface FuzzTarget {
  /** Sound inputs, which are cut up and put together again. */
  readonly seeds: readonly string[];
  /** What means something to this reader, besides {@link HOSTILE_TOKENS}. */
  readonly tokens: readonly string[];
  /** Throws, or rejects, where the reader did with this input what it must not. */
  readonly judge: (input: string) => unknown;
  /** Inputs for each of the two seeds of a run. */
  readonly runs?: number;
  /** The longest input. */
  readonly maxChars?: number;
}

/** Where a run tells its seed; a test's context is one. */
export interface FuzzReport {
  diagnostic(line: string): void;
}

/** An input that the judge did not let pass, made as small as it still fails, and how to have it again. */
export class FuzzError extends Error {
  override readonly name = "FuzzError";
  readonly code = "E_FUZZ";
  readonly input: string;

  constructor({ input, random, run, error }: FuzzFailure) {
    const why = error instanceof Error ? error.message : String(error);
    super(
      `run ${run} of HELIOGRAPH_SEED=${random.seed} fails, and so does its remainder ${JSON.stringify(input)}: ${why}`,
      { cause: error },
    );
    this.input = input;
  }
}

/** The same in every run, so that what held once holds for all. */
const FIXED_SEED = 1;
const RUNS = 1_000;
const MAX_CHARS = 4_096;
/** How often a failing input is tried smaller. */
const SHRINKING_TRIES = 2_000;

/** What a run does besides its part that is always the same. */
export interface FuzzPlan {
  /** A fresh one where it is left out. */
  readonly seed?: number;
  /** Goes on for at least that long. */
  readonly seconds: number;
}

/**
 * Judges many inputs: those of a seed that never changes, and those of a fresh one that is printed, or of the one that
 * `HELIOGRAPH_SEED` names. With `HELIOGRAPH_FUZZ_SECONDS` the second goes on for that long. Rejects with
 * {@link FuzzError} at the first input that fails.
 */
export async function fuzz(report: FuzzReport, target: FuzzTarget, plan = askedPlan()): Promise<void> {
  const runs = target.runs ?? RUNS;
  const fixed = seededRandom(() => undefined, FIXED_SEED);
  await judgeMany(target, fixed, (run) => run < runs);
  const print = (line: string): void => {
    report.diagnostic(line);
  };
  const other = plan.seed === undefined ? seededRandom(print) : seededRandom(print, plan.seed);
  const until = performance.now() + plan.seconds * 1_000;
  await judgeMany(target, other, (run) => run < runs || performance.now() < until);
}

function askedPlan(): FuzzPlan {
  const given = Number(process.env["HELIOGRAPH_FUZZ_SECONDS"]);
  return { seconds: given > 0 ? given : 0 };
}

async function judgeMany(
  target: FuzzTarget,
  random: SeededRandom,
  goesOn: (run: number) => boolean,
): Promise<void> {
  const { seeds, judge } = target;
  const material: FuzzMaterial = {
    seeds,
    tokens: [...target.tokens, ...HOSTILE_TOKENS],
    maxChars: target.maxChars ?? MAX_CHARS,
  };
  for (let run = 0; goesOn(run); run += 1) {
    // The sound ones first, unchanged.
    const input = seeds[run] ?? nextInput(random, material);
    const failure = await failureOf(judge, input);
    if (failure !== undefined) throw new FuzzError({ ...(await shrunk(judge, input, failure)), random, run });
  }
}

interface Failed {
  readonly input: string;
  readonly error: unknown;
}

interface FuzzFailure extends Failed {
  readonly random: SeededRandom;
  readonly run: number;
}

async function failureOf(judge: FuzzTarget["judge"], input: string): Promise<Failed | undefined> {
  try {
    await judge(input);
    return undefined;
  } catch (error) {
    return { input, error };
  }
}

/** Leaves out ever smaller pieces for as long as what remains still fails. */
async function shrunk(judge: FuzzTarget["judge"], input: string, failure: Failed): Promise<Failed> {
  let smallest = { ...failure, input };
  let tries = 0;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < smallest.input.length && tries < SHRINKING_TRIES; tries += 1) {
      const smaller = smallest.input.slice(0, at) + smallest.input.slice(at + size);
      const still = await failureOf(judge, smaller);
      if (still === undefined) at += size;
      else smallest = still;
    }
  }
  return smallest;
}
