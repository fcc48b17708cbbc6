import assert from "node:assert/strict";
import { test } from "node:test";
import { callId } from "../../ports/index.ts";
import type { EndedCall } from "../../ports/index.ts";
import { UnsureAnswers } from "./unsure-answers.ts";

test("an answer is unsure for as long as an engine may be gone and not be missed", () => {
  const answers = new UnsureAnswers();
  answers.add(endOf("a1"), 0);
  answers.add(endOf("a2"), 5_000);
  assert.equal(answers.forget(9_999), 2);
  assert.equal(answers.forget(10_000), 1);
  assert.deepEqual(answers.all, [endOf("a2")]);
  assert.equal(answers.forget(15_000), 0);
});

test("of too many the newest are kept", () => {
  const answers = new UnsureAnswers();
  for (let number = 1; number <= 300; number += 1) answers.add(endOf(`a${number}`), 0);
  assert.equal(answers.all.length, 256);
  assert.deepEqual(answers.all.at(-1), endOf("a300"));
});

function endOf(id: string): EndedCall {
  return { callId: callId(id), outcome: { type: "answered", outcome: { result: {} } } };
}
