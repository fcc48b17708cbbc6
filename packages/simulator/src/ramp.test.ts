import assert from "node:assert/strict";
import { test } from "node:test";
import { dueNow, nextDueMs } from "./ramp.ts";

const ramp = { devices: 100, rate: 10, concurrency: 5 };

test("the first device is due at once, the others at their rate", () => {
  assert.equal(dueNow(ramp, { elapsedMs: 0, started: 0, starting: 0 }), 1);
  assert.equal(dueNow(ramp, { elapsedMs: 99, started: 1, starting: 0 }), 0);
  assert.equal(dueNow(ramp, { elapsedMs: 100, started: 1, starting: 0 }), 1);
  assert.equal(nextDueMs(ramp, { elapsedMs: 30, started: 1, starting: 0 }), 70);
});

test("what was held up is made up for", () => {
  assert.equal(dueNow(ramp, { elapsedMs: 450, started: 1, starting: 0 }), 4);
  assert.equal(nextDueMs(ramp, { elapsedMs: 450, started: 1, starting: 0 }), 0);
});

test("no more are on their way at once than may be", () => {
  assert.equal(dueNow(ramp, { elapsedMs: 5_000, started: 20, starting: 3 }), 2);
  assert.equal(dueNow(ramp, { elapsedMs: 5_000, started: 20, starting: 5 }), 0);
  assert.equal(nextDueMs(ramp, { elapsedMs: 5_000, started: 20, starting: 5 }), undefined);
});

test("there are no more devices than there are", () => {
  assert.equal(dueNow(ramp, { elapsedMs: 60_000, started: 98, starting: 0 }), 2);
  assert.equal(dueNow(ramp, { elapsedMs: 60_000, started: 100, starting: 0 }), 0);
  assert.equal(nextDueMs(ramp, { elapsedMs: 60_000, started: 100, starting: 0 }), undefined);
});
