import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { parseBody } from "./json-body.ts";

const MAX_DEPTH = 6;

const seeds = [
  '{"method":"Reboot","params":{"CommandKey":"c"},"wait":30}',
  '{"rpcs":[{"method":"GetParameterValues","params":{"ParameterNames":["Device."]}}],"expires":"2026-01-31T00:00:00Z"}',
  '["[[[[", "\\"[[[[", {"a":{"b":{"c":[-0.5e3,null,true]}}}]',
  " \r\n",
];
const tokens = [
  "{",
  "}",
  "[",
  "]",
  ":",
  '"',
  '\\"',
  "\\\\",
  "\\",
  "null",
  "1e999",
  '"__proto__":',
  "{}",
  "[[[[",
];

/** A body that is nested no deeper than it may be and the same when it is written, or a refusal that says why. */
function judge(text: string): void {
  const read = parseBody(text, MAX_DEPTH);
  if ("refused" in read) {
    assert.ok(read.refused === "not-json" && read.detail !== "");
    return;
  }
  assert.ok(depthOf(read.body) <= MAX_DEPTH);
  if (read.body === undefined) {
    assert.equal(text.trim(), "");
    return;
  }
  const written = JSON.stringify(read.body);
  const again = parseBody(written, MAX_DEPTH);
  assert.ok("body" in again);
  assert.equal(JSON.stringify(again.body), written);
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("any text gives a body of bounded depth, or a refusal", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any text grows no faster than the text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ['["', '"]'],
    ],
    read: (text) => parseBody(text, MAX_DEPTH),
  });
});
