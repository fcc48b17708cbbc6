import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "@heliograph/testkit";
import { callId, type Call } from "../../ports/index.ts";
import type { RawAnswer, Said } from "./codec.ts";
import { jsonCodec } from "./json-codec.ts";

const MAX_BYTES = 8_192;
const codec = jsonCodec(MAX_BYTES);

const calls: readonly Call[] = [
  { method: "GetParameterValues", params: { ParameterNames: ["Device.A.B", "Device.__proto__"] } },
  { method: "GetParameterNames", params: { ParameterPath: "Device.", NextLevel: true } },
  { method: "AddObject", params: { ObjectName: "Device.A." } },
  { method: "X_00D09E_Do", params: {} },
].map((call) => ({ callId: callId("a1"), ...call }));

const seeds = [
  '{"jsonrpc":"2.0","id":"a1","result":{"Values":["a",["5","long"]]}}',
  '{"jsonrpc":"2.0","id":"a1","result":{"ParameterList":{"Device.A.":{"B":true}}}}',
  '{"jsonrpc":"2.0","id":"a1","result":{"InstanceNumber":1,"Status":0}}',
  '{"jsonrpc":"2.0","id":"a1","error":{"code":9005,"message":"m"}}',
  '{"jsonrpc":"2.0","id":7,"method":"Attach","params":{"Channels":{}}}',
  '{"jsonrpc":"2.0","id":8,"method":"Kicked","params":{"Command":"c","Referer":"r","Arg":"a","Next":"n"}}',
  '{"jsonrpc":"2.0","method":"X_00D09E_Say","params":{"a":[1,{"b":null}]}}',
];
const tokens = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    '"',
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "{}",
    '"id":',
    '"method":',
    '"params":',
  ],
  ...['"result":', '"error":', '"jsonrpc":"2.0",', '"__proto__":', '"Values":', "2147483648", "-0.5"],
];

/** What is said can be answered; what is an answer can be read as one to any call, and as one to none. */
function judge(text: string): void {
  for (const said of codec.read(text)) {
    if (said.type === "answer") judgeAnswer(said.answer);
    else judgeOwn(said);
  }
}

function judgeOwn(said: Exclude<Said, { readonly type: "answer" }>): void {
  switch (said.type) {
    case "nothing":
      return;
    case "request":
      if (said.id !== undefined) JSON.parse(codec.writeAnswer(said.id, {}));
      return;
    case "refused":
      JSON.parse(codec.writeFault(said.id ?? null, said.fault));
      return;
    case "unreadable":
      assert.ok([1003, 1009].includes(said.code));
      return;
    default:
      assert.fail(`tokens do not say ${said.type}`);
  }
}

function judgeAnswer({ result, fault }: RawAnswer): void {
  if (fault !== undefined) {
    assert.ok(Number.isSafeInteger(fault.code));
    return;
  }
  codec.readLate(result);
  for (const call of calls) {
    const read = codec.writeCall(call).read(result);
    assert.ok(read.ok ? JSON.stringify(read.value).startsWith("{") : read.problem.at.startsWith("$"));
  }
}

test("whatever a device says is taken for a request, an answer, a refusal, or the end of the connection", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000, maxChars: 2 * MAX_BYTES }));
