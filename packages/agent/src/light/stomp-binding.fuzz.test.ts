import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "@heliograph/testkit";
import type { DeviceReply } from "../dispatch.ts";
import { connected, error, framesIn, message, receipt } from "./stomp-acs.fixture.ts";
import { stompBinding } from "./stomp-binding.ts";

const reply: DeviceReply = { kind: "answer", method: "Reboot", result: {} };
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const seeds = [
  textOf(connected({ token: "t", "token-expires-in": "60", "max-message-bytes": "4096" }, "10000,0")),
  textOf(message("/requests", { method: "Reboot", "request-id": "a1" }, { CommandKey: "k" })),
  textOf(message("/requests", { method: "GetParameterValues" }, { ParameterNames: ["A."], Shape: "values" })),
  textOf(message("/responses", { "request-id": "d1", status: "ok" }, { MaxEnvelopes: 1 })),
  textOf(message("/responses", { "request-id": "d1", status: "fault" }, { code: 8005, message: "m" })),
  textOf(receipt("d1")) + textOf(error("60", { "close-code": "1001" })),
];
const tokens = [
  ...["\n", "\r\n", "\n\n", "\0", ":", "\\n", "\\c", "\\\\", "{", "}", "[]", "null"],
  ...["MESSAGE\n", "CONNECTED\n", "RECEIPT\n", "ERROR\n", "SEND\n", "request-id:\n", "status:fault\n"],
  ...[
    "content-length:1\n",
    "content-type:text/xml\n",
    "destination:/requests\n",
    "method:\n",
    "version:1.0\n",
  ],
];

/** What is called can be answered, and what is to be said at once is a frame; the end is one that has a close code. */
function judge(text: string): void {
  const speech = stompBinding.open("ws://acs/");
  speech.writeAttach("d1", { wishes: {}, inform: () => assert.fail() });
  for (const heard of speech.read(text)) {
    if (heard.type === "retort") framesIn(heard.message);
    if (heard.type === "unreadable") assert.ok([1003, 1009].includes(heard.code));
    if (heard.type === "call" && heard.call.id !== undefined) {
      assert.equal(framesIn(speech.writeAnswer({ id: heard.call.id, reply })).length, 1);
    }
    if (heard.type === "answer") speech.readAttached(heard.answer.result);
  }
}

test("whatever an ACS says is taken for something that a device can do something about", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000 }));
