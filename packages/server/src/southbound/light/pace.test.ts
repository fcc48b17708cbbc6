import assert from "node:assert/strict";
import { test } from "node:test";
import { fullBudget, spend } from "./pace.ts";
import type { Budget, Pace } from "./pace.ts";

const bounds = { messagesPerSecond: 10, messageBurst: 20, abuseMs: 10_000 };

/** What each of so many messages gets that come one after the other. */
function send(
  from: Budget,
  message: {
    readonly count: number;
    readonly everyMs: number;
    readonly bytes?: number;
    readonly at?: number;
  },
): { readonly budget: Budget; readonly paces: readonly Pace[] } {
  const { count, everyMs, bytes = 0, at = from.at } = message;
  const paces: Pace[] = [];
  let budget = from;
  for (let number = 0; number < count; number += 1) {
    const spent = spend(budget, { bytes, now: at + number * everyMs }, bounds);
    budget = spent.budget;
    paces.push(spent.pace);
  }
  return { budget, paces };
}

test("a burst is borne, and one message more is not", () => {
  const { paces } = send(fullBudget(bounds, 0), { count: 21, everyMs: 0 });
  assert.deepEqual(new Set(paces.slice(0, 20)), new Set(["within"]));
  assert.equal(paces[20], "over");
});

test("a steady stream at the rate is borne for ever", () => {
  const { paces } = send(fullBudget(bounds, 0), { count: 1_000, everyMs: 100 });
  assert.deepEqual(new Set(paces), new Set(["within"]));
});

test("who goes on at twice the rate is over it, and abusive after ten seconds", () => {
  const { paces } = send(fullBudget(bounds, 0), { count: 400, everyMs: 50 });
  const first = paces.indexOf("over");
  const abusive = paces.indexOf("abusive");
  assert.equal(first, 39);
  assert.ok((abusive - first) * 50 >= 10_000);
  assert.ok((abusive - first) * 50 <= 10_100);
});

test("who pauses until half the burst is there again has heeded the fault", () => {
  const flooded = send(fullBudget(bounds, 0), { count: 40, everyMs: 0 });
  const paused = send(flooded.budget, { count: 30, everyMs: 0, at: 9_000 });
  const again = send(paused.budget, { count: 1, everyMs: 0, at: 10_001 });
  assert.equal(paused.paces.at(-1), "over");
  assert.equal(again.paces[0], "within");
  const late = send(again.budget, { count: 30, everyMs: 0, at: 10_500 });
  assert.equal(late.paces.at(-1), "over");
});

test("a long message counts as several, but never as more than the burst", () => {
  const { paces } = send(fullBudget(bounds, 0), { count: 3, everyMs: 0, bytes: 9 * 16 * 1024 });
  assert.deepEqual(paces, ["within", "within", "over"]);
  assert.equal(send(fullBudget(bounds, 0), { count: 1, everyMs: 0, bytes: 1e9 }).paces[0], "within");
});

test("a clock that jumps back neither fills the budget nor condemns the device", () => {
  const flooded = send(fullBudget(bounds, 100_000), { count: 25, everyMs: 0 });
  const back = send(flooded.budget, { count: 2, everyMs: 0, at: 0 });
  assert.deepEqual(back.paces, ["over", "over"]);
  const later = send(back.budget, { count: 1, everyMs: 0, at: 1_000 });
  assert.deepEqual(later.paces, ["within"]);
});
