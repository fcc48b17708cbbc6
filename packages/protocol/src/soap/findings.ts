import type { Problem } from "../decoded.ts";
import type { BooleanStyle } from "./envelope.ts";

/** What is learned on the side while the content of one message is read. */
export interface Findings {
  /** The first thing that could not be understood. */
  problem: Problem | undefined;
  /** How the other side writes boolean values, by the first one seen. */
  booleans: BooleanStyle | undefined;
}

export function noFindings(): Findings {
  return { problem: undefined, booleans: undefined };
}

export function noteProblem(findings: Findings, at: string, detail: string): void {
  findings.problem ??= { reason: "bad-field", at, detail };
}

export function noteBoolean(findings: Findings, text: string): void {
  findings.booleans ??= text === "0" || text === "1" ? "digits" : "words";
}
