/** One rule as it is tested from outside. `S` is what the case has to work with. */
export interface Case<S> {
  /** Its id in the register. */
  readonly rule: string;
  /** What is looked at, in a line. */
  readonly text: string;
  /** What somebody must allow before it is done. */
  readonly needs?: Need;
  /** Resolves where the rule is kept. Rejects with {@link Deviation} where it is broken, {@link NotTested} where nobody can say. */
  run(seat: S): Promise<void>;
}

/** `time`: it takes as long as a ping interval or a retry does. `destruction`: the other side may be left otherwise than it was. */
export type Need = "time" | "destruction";

export type Verdict = "pass" | "fail" | "skipped";

export interface Row {
  readonly rule: string;
  readonly text: string;
  readonly verdict: Verdict;
  /** Why it was skipped. */
  readonly reason?: string;
  /** Of a fail: what the kit said last, what should have come, what came. */
  readonly sent?: string;
  readonly expected?: string;
  readonly came?: string;
}

/** The other side breaks the rule. */
export class Deviation extends Error {
  override readonly name = "Deviation";

  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`${expected} was expected, ${came} came`);
    this.expected = expected;
    this.came = came;
  }
}

/** Whether the rule is kept cannot be said here and now. */
export class NotTested extends Error {
  override readonly name = "NotTested";
}

/** Throws {@link Deviation} unless it is so. */
export function expect(isSo: boolean, expected: string, came: string): asserts isSo {
  if (!isSo) throw new Deviation(expected, came);
}
