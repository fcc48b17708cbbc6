import type { ProblemReason } from "./problems.ts";

/** What a decoder gives: the value, or the one reason why there is none. Decoders never throw on input. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** A refusal by a decoder, before the caller turns it into a fault, an HTTP status or a close code. */
export interface Problem {
  readonly reason: ProblemReason;
  /** Where it was found: an XML path (`Envelope/Body/Inform`), a JSON path (`$.params.ParameterList`) or a character offset. */
  readonly at: string;
  /** What a person needs to mend it; never a value from the input longer than 64 characters. */
  readonly detail: string;
}

export function accept<T>(value: T): Decoded<T> {
  return { ok: true, value };
}

export function refuse(reason: ProblemReason, at: string, detail: string): Decoded<never> {
  return { ok: false, problem: { reason, at, detail } };
}
