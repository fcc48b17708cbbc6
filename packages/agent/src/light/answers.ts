import type { TokenId } from "@heliograph/protocol";
import type { CallAnswer } from "./binding.ts";

/**
 * What a device knows of the calls of its ACS, across connections: so that an answer is not lost with the connection, and
 * a call that is asked again does not run again [LIGHT 3].
 */
export interface Answers {
  /** Calls that run. */
  readonly running: readonly TokenId[];
  /** Answers that did not leave yet, oldest first. */
  readonly owed: readonly CallAnswer[];
  /** The last answers, oldest first, whether they left or not. */
  readonly kept: readonly CallAnswer[];
}

/**
 * What is to be done about a call: `run` it; `wait`, for it runs, and its answer will leave; `repeat` the answer that it
 * had, which is owed anew; or `refuse` it, for as many as may be are open.
 */
export type Asked = "run" | "wait" | "repeat" | "refuse";

export const noAnswers: Answers = { running: [], owed: [], kept: [] };

/** The ACS calls, for the first time or again. */
export function asked(
  answers: Answers,
  id: TokenId,
  maxInFlight: number,
): { readonly answers: Answers; readonly then: Asked } {
  const { running, owed, kept } = answers;
  if (running.includes(id)) return { answers, then: "wait" };
  if (owed.some((answer) => answer.id === id)) return { answers, then: "repeat" };
  const answer = kept.find((each) => each.id === id);
  if (answer !== undefined) return { answers: { ...answers, owed: [...owed, answer] }, then: "repeat" };
  if (running.length + owed.length >= maxInFlight) return { answers, then: "refuse" };
  return { answers: { ...answers, running: [...running, id] }, then: "run" };
}

/** A call that runs has its answer, which is owed from now on. The answer to any other is void. */
export function answered(answers: Answers, answer: CallAnswer, replayWindow: number): Answers {
  const { running, owed, kept } = answers;
  if (!running.includes(answer.id)) return answers;
  return {
    running: running.filter((id) => id !== answer.id),
    owed: [...owed, answer],
    kept: replayWindow < 1 ? [] : [...kept, answer].slice(-replayWindow),
  };
}

/** The answer was handed over: it is owed no longer. */
export function left(answers: Answers, id: TokenId): Answers {
  return { ...answers, owed: answers.owed.filter((answer) => answer.id !== id) };
}
