import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeTokenRequest } from "@heliograph/protocol";
import type { TokenId } from "@heliograph/protocol";
import type { Heard } from "./binding.ts";
import { jsonBinding } from "./json-binding.ts";

const speech = jsonBinding.open("ws://acs/");

function hear(message: string | Uint8Array): Heard | undefined {
  return speech.read(message)[0];
}

function call(id: TokenId | undefined, method: string, params: object): Heard | undefined {
  return hear(encodeTokenRequest({ id, method, params }));
}

test("a method that no device has is refused with -32601, params that are none with -32602 [LIGHT-TOKEN-8]", () => {
  const refusals = [
    call("a1", "Frobnicate", {}),
    call("a2", "ScheduleInform", { DelaySeconds: "soon" }),
  ] as const;
  const codes = refusals.map((heard) => {
    assert.ok(heard?.type === "retort");
    return String(heard.message)
      .match(/"id":"(a\d)".*"code":(-?\d+)/)
      ?.slice(1);
  });
  assert.deepEqual(codes, [
    ["a1", "-32601"],
    ["a2", "-32602"],
  ]);
});

test("without an id neither is told so [LIGHT-TOKEN-3]", () => {
  assert.deepEqual(call(undefined, "Frobnicate", {}), { type: "nothing" });
  assert.deepEqual(call(undefined, "Download", { FileType: 1 }), { type: "nothing" });
});

test("bytes are what cannot be read, and end the connection with 1003 [LIGHT-TOKEN-1]", () => {
  assert.partialDeepStrictEqual(hear(new TextEncoder().encode("{}")), { type: "unreadable", code: 1003 });
});

test("a fault without an id is passed over: no fault is ever answered", () => {
  const fault = { jsonrpc: "2.0", id: null, error: { code: -32600, message: "" } };
  assert.deepEqual(hear(JSON.stringify(fault)), { type: "nothing" });
});
