import {
  problemRegister,
  problemUri,
  type Problem,
  type ProblemError,
  type ProblemReason,
} from "@heliograph/api";

/** What the northbound says instead of an answer; becomes a problem document [RFC 9457]. */
export interface Refusal {
  readonly refused: ProblemReason;
  /** What went wrong here, and what to do about it. */
  readonly detail: string;
  readonly errors?: readonly ProblemError[];
  readonly headers?: Readonly<Record<string, string>>;
}

export function refuse(refused: ProblemReason, detail: string, headers?: Refusal["headers"]): Refusal {
  return { refused, detail, ...(headers === undefined ? {} : { headers }) };
}

/** Refuses what was sent for what is wrong in it. */
export function refuseInput(refused: ProblemReason, errors: readonly ProblemError[]): Refusal {
  const detail = errors
    .map((error) => `${error.at === "$" ? "the body" : error.at}: ${error.detail}`)
    .join("; ");
  return { refused, detail, errors };
}

export function refuseFor(refused: ProblemReason, detail: string, retryAfterMs: number): Refusal {
  return refuse(refused, detail, { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) });
}

export function isRefusal(value: object): value is Refusal {
  return "refused" in value;
}

export function problemOf({ refused, detail, errors }: Refusal): Problem {
  const { status, title } = problemRegister[refused];
  return { type: problemUri(refused), title, status, detail, ...(errors === undefined ? {} : { errors }) };
}

/** Carries a refusal through code that can only throw. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code = "E_REFUSED";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";
