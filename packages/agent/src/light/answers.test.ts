import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, asked, left, noAnswers } from "./answers.ts";
import type { Answers } from "./answers.ts";
import type { CallAnswer } from "./binding.ts";

const WINDOW = 2;

/** Calls that ran and were answered, one after the other; the answers of `ids` left. */
function answeredAll(ids: readonly string[], from = noAnswers): Answers {
  return ids.reduce((answers, id) => left(ran(answers, id), id), from);
}

function answerTo(id: string): CallAnswer {
  return { id, reply: { kind: "answer", method: "X_00D09E_Name", result: { Name: id } } };
}

function ran(answers: Answers, id: string): Answers {
  return answered(asked(answers, id, 8).answers, answerTo(id), WINDOW);
}

function then(answers: Answers, id: string | number, maxInFlight = 8): string {
  return asked(answers, id, maxInFlight).then;
}

test("a call that was never asked runs", () => {
  const { answers, then: verdict } = asked(noAnswers, "a1", 8);
  assert.equal(verdict, "run");
  assert.deepEqual(answers.running, ["a1"]);
});

test('the ids 1 and "1" are two calls', () => {
  assert.equal(then(asked(noAnswers, "1", 8).answers, 1), "run");
});

test("an answer is owed until it left, and kept for when it is asked again [LIGHT 3]", () => {
  const owing = ran(noAnswers, "a1");
  assert.deepEqual(owing.owed, [answerTo("a1")]);
  assert.equal(then(owing, "a1"), "repeat");
  const done = left(owing, "a1");
  assert.deepEqual(done.owed, []);
  const again = asked(done, "a1", 8);
  assert.equal(again.then, "repeat");
  assert.deepEqual(again.answers.owed, [answerTo("a1")]);
});

test("a call that is asked again while it runs waits for its one answer [LIGHT 3]", () => {
  const running = asked(noAnswers, "a1", 8).answers;
  const again = asked(running, "a1", 8);
  assert.equal(again.then, "wait");
  assert.deepEqual(again.answers, running);
});

test("the answers before the last of the window are forgotten [LIGHT 3]", () => {
  const answers = answeredAll(["a1", "a2", "a3"]);
  assert.equal(then(answers, "a1"), "run");
  assert.equal(then(answers, "a2"), "repeat");
  assert.equal(then(answers, "a3"), "repeat");
});

test("an answer that is owed is not forgotten, however many came after it", () => {
  const owing = answeredAll(["a2", "a3"], ran(noAnswers, "a1"));
  assert.deepEqual(owing.owed, [answerTo("a1")]);
  assert.equal(then(owing, "a1"), "repeat");
});

test("without a window every call is a new one", () => {
  const running = asked(noAnswers, "a1", 8).answers;
  const done = left(answered(running, answerTo("a1"), 0), "a1");
  assert.equal(then(done, "a1"), "run");
});

test("more calls than may be open are refused, those that are owed their answers count", () => {
  const one = ran(noAnswers, "a1");
  const two = asked(one, "a2", 2).answers;
  assert.equal(then(two, "a3", 2), "refuse");
  assert.equal(then(left(two, "a1"), "a3", 2), "run");
  assert.equal(then(two, "a2", 2), "wait");
});

test("an answer to what does not run, as after a reboot, is void", () => {
  assert.deepEqual(answered(noAnswers, answerTo("a1"), WINDOW), noAnswers);
});
