import { expect, NotTested } from "../../case.ts";
import { describe } from "../../conversation.ts";
import { member } from "../../json.ts";
import { expectAnswers, talking, type DeviceCase } from "./asking.ts";

const ask = (members: object): string => JSON.stringify({ jsonrpc: "2.0", ...members });

/** `cwmp.json`: what is a token, and what a device says to one that is none. */
export const deviceTokenCases: readonly DeviceCase[] = [
  refused(
    "LIGHT-TOKEN-1",
    "a batch is refused with -32600 and the id null",
    `[${ask({ id: "b1", method: "GetRPCMethods" })}]`,
  ),
  refused(
    "LIGHT-TOKEN-1",
    "a token without jsonrpc 2.0 is refused with -32600 and the id null",
    '{"id":"v1","method":"GetRPCMethods"}',
  ),
  refused(
    "LIGHT-TOKEN-2",
    "an object is no id: -32600 with the id null",
    ask({ id: { a: 1 }, method: "GetRPCMethods" }),
  ),
  refused(
    "LIGHT-TOKEN-4",
    "null is no id of a request: -32600 with the id null",
    ask({ id: null, method: "GetRPCMethods" }),
  ),
  answered("LIGHT-TOKEN-2", "a number for an id comes back as a number", 9_007_199_254_740_991),
  answered("LIGHT-TOKEN-2", "an id of 128 characters comes back", "i".repeat(128)),
  silent(
    "LIGHT-TOKEN-3",
    "a call without an id is not answered",
    ask({ method: "GetParameterNames", params: { ParameterPath: "", NextLevel: true } }),
  ),
  silent(
    "LIGHT-TOKEN-3",
    "a call without an id is not answered with a fault either",
    ask({ method: "X_5A5A5A_Nothing" }),
  ),
  silent(
    "LIGHT-TOKEN-4",
    "a fault with the id null is passed over",
    ask({ id: null, error: { code: -32600, message: "no token" } }),
  ),
  silent(
    "LIGHT-TOKEN-4",
    "an answer to nothing that was asked is passed over",
    ask({ id: "never-asked", result: {} }),
  ),
  silent("LIGHT-LIVE-3", "an empty text message is not answered with a token", ""),
  talking("LIGHT-TOKEN-12", "a member named __proto__ is one like any other", async (talk) => {
    talk.say(
      `{"jsonrpc":"2.0","id":"t12","method":"GetParameterNames","params":{"ParameterPath":"","NextLevel":true,"__proto__":{"a":1}}}`,
    );
    const heard = await talk.answerTo("t12");
    expect(heard.is === "answer", "an answer", describe(heard));
  }),
  {
    rule: "LIGHT-LOSS-3",
    text: "asked an id again, the device repeats its answer",
    async run(seat) {
      const { talk, calls } = await seat.connection();
      const attach = calls.findLast(({ method }) => method === "Attach");
      if (!(Number(member(attach?.params, "ReplayWindow")) > 0))
        throw new NotTested("the device keeps no answers: its ReplayWindow is 0");
      const call = ask({
        id: talk.freshId(),
        method: "GetParameterNames",
        params: { ParameterPath: "", NextLevel: true },
      });
      talk.say(call);
      const first = await talk.next();
      talk.say(call);
      const again = await talk.next();
      const isSame = first?.is === "answer" && again?.is === "answer" && first.text === again.text;
      expect(isSame, describe(first), describe(again));
    },
  },
];

function refused(rule: string, text: string, message: string): DeviceCase {
  return talking(rule, text, async (talk) => {
    talk.say(message);
    const heard = await talk.next();
    const isIt = heard?.is === "fault" && heard.code === -32600 && heard.id === null;
    expect(isIt, "a fault -32600 with the id null", describe(heard));
    await expectAnswers(talk);
  });
}

function answered(rule: string, text: string, id: string | number): DeviceCase {
  return talking(rule, text, async (talk) => {
    talk.say(ask({ id, method: "GetParameterNames", params: { ParameterPath: "", NextLevel: true } }));
    await talk.answerTo(id);
  });
}

function silent(rule: string, text: string, message: string): DeviceCase {
  return talking(rule, text, async (talk) => {
    talk.say(message);
    await expectAnswers(talk, "no answer, and that");
  });
}
