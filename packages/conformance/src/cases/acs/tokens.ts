import { expect } from "../../case.ts";
import { describe } from "../../conversation.ts";
import { informParams } from "../../acs/acs-seat.ts";
import type { Fields } from "../../json.ts";
import { answer, anyFault, close, exchange, expectServes, fault, silence, type AcsCase } from "./exchange.ts";

const DEEP = 70;
const LONGEST_ID = "i".repeat(128);
/** Of every type that a value has. */
const PAIRS = {
  Text: "2.1",
  Flag: true,
  Count: 86_400,
  Below: -5,
  Int: ["5", "int"],
  Long: ["-9007199254740993", "long"],
  UnsignedLong: ["18446744073709551615", "unsignedLong"],
  Decimal: ["1.5", "decimal"],
  Time: ["2026-01-31T00:00:00Z", "dateTime"],
  Bytes: ["AQID", "base64"],
  Hex: ["0A0B", "hexBinary"],
  TextPair: ["2.1", "string"],
} as const;

const ask = (members: object): string => JSON.stringify({ jsonrpc: "2.0", ...members });

/** `cwmp.json`: what is a token, and what an ACS says to one that is none. */
export const tokenCases: readonly AcsCase[] = [
  exchange("LIGHT-TOKEN-1", "a batch is refused with -32600 and the id null", {
    says: [`[${ask({ id: "b1", method: "GetRPCMethods" })}]`],
    gets: fault(-32600, null),
  }),
  exchange("LIGHT-TOKEN-1", "a token without jsonrpc 2.0 is refused with -32600 and the id null", {
    says: ['{"id":"v1","method":"GetRPCMethods"}'],
    gets: fault(-32600, null),
  }),
  exchange("LIGHT-TOKEN-1", "what is no JSON closes the connection with 1003", {
    says: ['{"jsonrpc":"2.0","id":"n1",'],
    gets: close(1003),
  }),
  exchange("LIGHT-TOKEN-2", "a number for an id comes back as a number", {
    says: [ask({ id: 9_007_199_254_740_991, method: "GetRPCMethods" })],
    gets: answer(9_007_199_254_740_991),
  }),
  exchange("LIGHT-TOKEN-2", "an id of 128 characters comes back", {
    says: [ask({ id: LONGEST_ID, method: "GetRPCMethods" })],
    gets: answer(LONGEST_ID),
  }),
  exchange("LIGHT-TOKEN-2", "a longer id is none: -32600 with the id null", {
    says: [ask({ id: `${LONGEST_ID}i`, method: "GetRPCMethods" })],
    gets: fault(-32600, null),
  }),
  exchange("LIGHT-TOKEN-2", "an object is no id: -32600 with the id null", {
    says: [ask({ id: { a: 1 }, method: "GetRPCMethods" })],
    gets: fault(-32600, null),
  }),
  exchange("LIGHT-TOKEN-2", "a fault has the id of its request", {
    says: [ask({ id: 7, method: "X_5A5A5A_Nothing" })],
    gets: anyFault(7),
  }),
  exchange("LIGHT-TOKEN-3", "a request without an id is not answered", {
    says: [ask({ method: "GetRPCMethods" })],
    gets: silence,
  }),
  exchange("LIGHT-TOKEN-3", "a request without an id is not answered with a fault either", {
    says: [ask({ method: "X_5A5A5A_Nothing" })],
    gets: silence,
  }),
  exchange("LIGHT-TOKEN-4", "null is no id of a request: -32600 with the id null", {
    says: [ask({ id: null, method: "GetRPCMethods" })],
    gets: fault(-32600, null),
  }),
  exchange("LIGHT-TOKEN-4", "a fault with the id null is passed over", {
    says: [ask({ id: null, error: { code: -32600, message: "no token" } })],
    gets: silence,
  }),
  exchange("LIGHT-TOKEN-4", "an answer to nothing that was asked is passed over", {
    says: [ask({ id: "never-asked", result: {} })],
    gets: silence,
  }),
  {
    rule: "LIGHT-TOKEN-5",
    text: "GetRPCMethods is answered with a MethodList that has Inform",
    async run(seat) {
      await using talk = await seat.converse();
      const { text } = await talk.result("GetRPCMethods");
      expect(/"MethodList":\[[^\]]*"Inform"/.test(text), "a MethodList with Inform", text);
    },
  },
  exchange("LIGHT-TOKEN-6", "fields that hold their default may be written out", {
    says: [
      ask({ id: "t6", method: "Attach", params: { MaxInFlight: 1, KeepAlive: false, ReplayWindow: 0 } }),
    ],
    gets: answer("t6"),
  }),
  exchange("LIGHT-TOKEN-7", "members that the ACS cannot know are passed over", {
    says: [ask({ id: "t7", method: "Attach", params: { X_Colour: ["blue"] }, x: { y: null } })],
    gets: answer("t7"),
  }),
  exchange("LIGHT-TOKEN-8", "a method that no ACS has is refused with -32601", {
    says: [ask({ id: "t8", method: "X_5A5A5A_Nothing", params: {} })],
    gets: fault(-32601, "t8"),
  }),
  exchange("LIGHT-TOKEN-8", "params of another type are refused with -32602", {
    says: [ask({ id: "t9", method: "Attach", params: { MaxInFlight: "many" } })],
    gets: fault(-32602, "t9"),
  }),
  exchange("LIGHT-TOKEN-11", `params that are ${DEEP} levels deep are refused with 8004`, {
    says: [
      `{"jsonrpc":"2.0","id":"t11","method":"Attach","params":{"X":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}}`,
    ],
    gets: fault(8004, "t11"),
  }),
  exchange("LIGHT-TOKEN-12", "a member named __proto__ is one like any other", {
    says: ['{"jsonrpc":"2.0","id":"t12","method":"GetRPCMethods","params":{"__proto__":{"a":1}}}'],
    gets: answer("t12"),
  }),
  exchange("LIGHT-TOKEN-13", "a binary message closes the connection with 1003", {
    says: [Buffer.from(ask({ id: "t13", method: "GetRPCMethods" }))],
    gets: close(1003),
  }),
  {
    rule: "LIGHT-TOKEN-14",
    text: "a message larger than MaxMessageBytes closes the connection with 1009",
    async run(seat) {
      await using talk = await seat.converse();
      const { text } = await talk.result("Attach");
      const longest = Number(/"MaxMessageBytes":(\d+)/.exec(text)?.[1]);
      expect(longest > 0, "MaxMessageBytes in the answer to Attach", text);
      talk.say(ask({ id: "t14", method: "Attach", params: { X: "x".repeat(longest) } }));
      await talk.closing(1009);
    },
  },
];

/** Parameter lists and events, as an Inform over the socket has them. */
export const listCases: readonly AcsCase[] = [
  informed("LIGHT-LIST-3", "a value of every type is taken", { "Device.X_5A5A5A_All.": PAIRS }),
  {
    rule: "LIGHT-LIST-1",
    text: "a parameter list that is not grouped by object is refused with -32602",
    async run(seat) {
      await using talk = await seat.converse();
      const params = informParams(seat.target.device, "2 PERIODIC");
      const heard = await talk.ask("Inform", {
        ...params,
        ParameterList: [{ Name: "Device.X", Value: "1" }],
      });
      expect(heard.is === "fault" && heard.code === -32602, "a fault -32602", describe(heard));
      await expectServes(talk);
    },
  },
  {
    rule: "LIGHT-LIST-3",
    text: "a bare fraction is no value: -32602",
    async run(seat) {
      await using talk = await seat.converse();
      const params = informParams(seat.target.device, "2 PERIODIC");
      const heard = await talk.ask("Inform", { ...params, ParameterList: { "Device.": { X: 1.5 } } });
      expect(heard.is === "fault" && heard.code === -32602, "a fault -32602", describe(heard));
    },
  },
  informed("LIGHT-LIST-4", "null in an Inform is no value, and is taken", {
    "Device.": { X_5A5A5A_None: null },
  }),
];

function informed(rule: string, text: string, values: Fields): AcsCase {
  return {
    rule,
    text,
    async run(seat) {
      await using talk = await seat.converse();
      const params = informParams(seat.target.device, "2 PERIODIC");
      const answered = await talk.result("Inform", {
        ...params,
        ParameterList: { ...params.ParameterList, ...values },
      });
      expect(/"MaxEnvelopes":\d/.test(answered.text), "MaxEnvelopes in the answer", answered.text);
    },
  };
}
