/** One part of `npm run check`. */
export interface Step {
  readonly name: string;
  run(): Promise<Outcome>;
}

export interface Outcome {
  readonly ok: boolean;
  /** What stands behind the step's name in its one line, such as a count; may be empty. */
  readonly figures: string;
  /** Shown when the step failed, or when it was asked for by name. */
  readonly output: string;
}
