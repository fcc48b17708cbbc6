import type { AcsSeat } from "../../acs/acs-seat.ts";
import { expect, type Case } from "../../case.ts";
import { describe, type Conversation } from "../../conversation.ts";
import type { Answer, Fault, Id } from "../../speech/speech.ts";

export type AcsCase = Case<AcsSeat>;

/** What must come next. After anything but a close the connection serves on. */
export type Expected =
  /** `isExact`: the id is what is looked at. */
  | { readonly is: "answer"; readonly id: Id | undefined; readonly isExact?: boolean }
  | { readonly is: "fault"; readonly id: Id | undefined; readonly codes: readonly number[] }
  | { readonly is: "close"; readonly codes: readonly number[] }
  | { readonly is: "silence" };

export interface Exchange {
  readonly says: readonly (string | Buffer)[];
  readonly gets: Expected;
}

export const answer = (id: Id | undefined): Expected => ({ is: "answer", id });
export const returned = (id: Id | undefined): Expected => ({ is: "answer", id, isExact: true });
export const fault = (code: number, id: Id | undefined): Expected => ({ is: "fault", id, codes: [code] });
/** Whatever its code. */
export const anyFault = (id: Id): Expected => ({ is: "fault", id, codes: [] });
export const close = (...codes: readonly number[]): Expected => ({ is: "close", codes });
export const silence: Expected = { is: "silence" };

/** A case that says something on a new connection and looks at what comes of it. */
export function exchange(rule: string, text: string, { says, gets }: Exchange): AcsCase {
  return {
    rule,
    text,
    async run(seat) {
      await using talk = await seat.converse();
      for (const message of says) talk.say(message);
      await expectNext(talk, gets);
    },
  };
}

/** Looks at what comes next, and that the connection serves on where it should. */
export async function expectNext(talk: Conversation, expected: Expected): Promise<void> {
  if (expected.is === "close") {
    await talk.closing(...expected.codes);
    return;
  }
  if (expected.is !== "silence") await expectAnswer(talk, expected);
  await expectServes(talk, expected.is === "silence" ? "no answer, and that" : "that");
}

/** The next that comes is the answer to a request which the kit makes now. */
export async function expectServes(talk: Conversation, what = "that"): Promise<void> {
  const id = talk.freshId();
  talk.sayAside(talk.speech.request({ id, method: "GetRPCMethods" }));
  const heard = await talk.next();
  expect(
    heard?.is === "answer" && talk.isIdOf(heard, id),
    `${what} the connection serves on`,
    describe(heard),
  );
}

async function expectAnswer(
  talk: Conversation,
  expected: Exclude<Expected, { is: "close" | "silence" }>,
): Promise<void> {
  const heard = await talk.next();
  const { id } = expected;
  const withId = id === undefined ? "no id" : `the id ${JSON.stringify(id)}`;
  const isIts = (heard: Answer | Fault): boolean =>
    heard.id === id || (id !== undefined && id !== null && talk.isIdOf(heard, id));
  if (expected.is === "answer") {
    const isIt = heard?.is === "answer" && (expected.isExact === true ? heard.id === id : isIts(heard));
    expect(isIt, `an answer with ${withId}`, describe(heard));
    return;
  }
  const { codes } = expected;
  const isIt = heard?.is === "fault" && isIts(heard) && (codes.length === 0 || codes.includes(heard.code));
  expect(
    isIt,
    `a fault ${codes.join(" or ")}${codes.length === 0 ? "" : " "}with ${withId}`,
    describe(heard),
  );
}
