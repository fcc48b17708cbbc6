import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { isRefusal } from "../refusal.ts";
import { readJsonAsk } from "./json-ask.ts";
import { readCalls } from "./json-calls.ts";

const call =
  '{"jsonrpc":"2.0","id":1,"method":"GetParameterValues","params":{"Device":"00D09E-X-1","ParameterNames":["Device."]}}';
const seeds = [
  call,
  `[${call},${call.replace(":1,", ':"b",')}]`,
  '{"jsonrpc":"2.0","method":"X_00D09E_Do","params":{"Device":"00D09E-X-1","Expires":60,"IdempotencyKey":"k"}}',
  '{"jsonrpc":"2.0","id":"s","method":"Subscribe","params":{"Channel":"public/fleet","Epoch":"e","Offset":1}}',
];
const tokens = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "null",
  "1e999",
  '"__proto__":',
  '"Device":',
  "[[[[",
];

/** Calls that have what they must, each of which is asked for or refused with a reason, or an error that says why. */
function judge(text: string): void {
  const read = readCalls(text);
  if (read.type === "refused") {
    assert.ok(read.error.code < 0 && read.error.message !== "");
    return;
  }
  const calls = read.type === "one" ? [read.call] : read.calls;
  assert.ok(calls.length >= 1 && calls.length <= 100);
  for (const each of calls) {
    const ask = readJsonAsk(each);
    if (isRefusal(ask)) continue;
    const question = ask.read({ device: ask.device, requestId: undefined }, 0);
    assert.ok(isRefusal(question) || question.call.method === each.method);
  }
}

test("any text gives calls, or an error that says why [MANAGE-JSON-5]", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any text grows no faster than the text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ['["', '"]'],
    ],
    read: readCalls,
  });
});
