import { expect, type Case } from "../../case.ts";
import { describe, type Conversation } from "../../conversation.ts";
import type { DeviceSeat } from "../../device/device-seat.ts";
import type { Fields } from "../../json.ts";
import type { Answer, Fault } from "../../speech/speech.ts";

export type DeviceCase = Case<DeviceSeat>;

interface Asked {
  readonly method: string;
  readonly params?: (seat: DeviceSeat) => Fields;
  /** Looks at what the device answers. */
  readonly check: (heard: Answer | Fault, seat: DeviceSeat) => void;
}

/** A case that calls an RPC of the device. */
export function asking(rule: string, text: string, { method, params, check }: Asked): DeviceCase {
  return talking(rule, text, async (talk, seat) => check(await talk.ask(method, params?.(seat) ?? {}), seat));
}

/** A case that talks over the connection that the device holds. */
export function talking(
  rule: string,
  text: string,
  run: (talk: Conversation, seat: DeviceSeat) => Promise<void>,
): DeviceCase {
  return {
    rule,
    text,
    async run(seat) {
      const { talk } = await seat.connection();
      await run(talk, seat);
    },
  };
}

export function faulted(...codes: readonly number[]): Asked["check"] {
  return (heard) => {
    const isIt = heard.is === "fault" && codes.includes(heard.code);
    expect(isIt, `a fault ${codes.join(" or ")}`, describe(heard));
  };
}

/** The next that comes is the answer to a call that the kit makes now. */
export async function expectAnswers(talk: Conversation, what = "that"): Promise<void> {
  const id = talk.freshId();
  talk.sayAside(
    talk.speech.request({ id, method: "GetParameterNames", params: { ParameterPath: "", NextLevel: true } }),
  );
  const heard = await talk.next();
  const isIt =
    (heard?.is === "answer" || heard?.is === "fault") &&
    talk.isIdOf(heard, id) &&
    (typeof heard.result !== "string" || /GetParameterNamesResponse|Fault/.test(heard.result));
  expect(isIt, `${what} the next call is answered`, describe(heard));
}
