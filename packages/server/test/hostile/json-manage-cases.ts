import { frame, opcodes } from "../light-gateway-wire.ts";
import type { Attacker } from "./attacker.ts";
import type { HostileCase } from "./hostile-case.ts";

const KIB = 1024;
const DEVICE = "001122-Box-somebody";
const ask = `{"jsonrpc":"2.0","id":1,"method":"GetRPCMethods","params":{"Device":"${DEVICE}"}}`;
/** An honest question, which asks nothing of any device. */
const HONEST = { method: "Unsubscribe", params: { Channel: "public/none" } };

/** Whether the close arrives while the rest of the message is on its way is up to TCP. */
const TOO_LONG = /^(?:closed with 1009|cut)$/;

/** What one manager asks is read at its pace: whoever asks 10,000 times is answered the last of them after ten seconds. */
const AT_ITS_PACE = /^(?:served|still open)$/;

/** What a manager says whose token is good, and what it gets; `served`: its next question is answered. */
const said: readonly (readonly [name: string, bytes: () => Buffer, expected: string | RegExp])[] = [
  ["what is no JSON", () => frame("hello"), "closed with 1003"],
  ["a binary message", () => frame(ask, { opcode: opcodes.binary }), "closed with 1003"],
  ["a message of more than it may have", () => frame("x".repeat(1_100 * KIB)), TOO_LONG],
  ["lists nested 100,000 deep", () => frame("[".repeat(100_000) + "]".repeat(100_000)), "closed with 1003"],
  [
    "params nested 10,000 deep",
    () => frame(inParams("[".repeat(10_000) + "]".repeat(10_000))),
    "closed with 1003",
  ],
  ["a batch of 10,000 calls", () => frame(`[${Array(10_000).fill(ask).join(",")}]`), "served"],
  ["a batch of 100 calls with one id", () => frame(`[${Array(100).fill(ask).join(",")}]`), "served"],
  ["a batch of batches", () => frame(`[[${ask}],[${ask}]]`), "served"],
  ["10,000 calls at once, to a device that there is not", () => repeated(frame(ask), 10_000), AT_ITS_PACE],
  ["members that objects have", () => frame(inParams("{}").replace("Any", "__proto__")), "served"],
  ["an id of 10,000 characters", () => frame(ask.replace(":1,", `:"${"i".repeat(10_000)}",`)), "served"],
  ["a key with dots and stars", () => frame(ask.replace(DEVICE, "*.>")), "served"],
  [
    "10,000 wishes for channels that there are not",
    () => repeated(frame(subscribe("public/no")), 10_000),
    AT_ITS_PACE,
  ],
  ["the name of a channel with dots", () => frame(subscribe("public/../private/x/config")), "served"],
  ["1,000 times who it is", () => repeated(frame(attach("wrong")), 1_000), "served"],
];

/** What is said by somebody without a token. */
const early: readonly (readonly [name: string, text: string, expected: string])[] = [
  ["a call before Attach", ask, "fault -32000"],
  ["a token that is none", attach("no"), "closed with 4001"],
  ["a token that is no text", attach("no").replace('"no"', "[]"), "fault -32000"],
];

/** What somebody can do to the ACS by the managers' WebSocket, in JSON. */
export const jsonManageCases: readonly HostileCase[] = [
  ...said.map(([name, bytes, expected]) => ({
    name: `a manager by JSON: ${name}`,
    async attack(attacker: Attacker) {
      const peer = await attacker.jsonManager(attacker.target.server.life.token);
      await peer.write(bytes());
      return peer.standing(HONEST);
    },
    expected,
  })),
  ...early.map(([name, text, expected]) => ({
    name: `at the managers' door, by JSON: ${name}`,
    async attack(attacker: Attacker) {
      const peer = await attacker.jsonManager();
      await peer.write(frame(text));
      return peer.standing(HONEST);
    },
    expected,
  })),
];

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}

function inParams(value: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"X_001122_Do","params":{"Device":"${DEVICE}","Any":${value}}}`;
}

function subscribe(channel: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"Subscribe","params":{"Channel":"${channel}"}}`;
}

function attach(token: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"Attach","params":{"Token":"${token}"}}`;
}
