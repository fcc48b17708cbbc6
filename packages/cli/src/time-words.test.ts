import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsedTime, relativeTime } from "./time-words.ts";

const NOW = Date.parse("2026-01-31T12:00:00.000Z");

test("a time is told in its greatest whole unit, past or to come", () => {
  const told = (seconds: number): string => relativeTime(new Date(NOW + seconds * 1_000).toISOString(), NOW);
  assert.deepEqual([0, -0.9, -1, -59, -60, -3_599, -3_600, -90_000, 18, 3_700].map(told), [
    "now",
    "now",
    "1 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "1 d ago",
    "in 18 s",
    "in 1 h",
  ]);
});

test("how long something lasts is told in the greatest whole unit", () => {
  const told = (seconds: number): string => elapsedTime(new Date(NOW - seconds * 1_000).toISOString(), NOW);
  assert.deepEqual([0, 0.9, 59, 60, 7_199, 90_000].map(told), ["0 s", "0 s", "59 s", "1 min", "1 h", "1 d"]);
});

test("what begins in a moment, by a clock that is ahead, has lasted no time", () => {
  assert.equal(elapsedTime("2026-01-31T12:00:05.000Z", NOW), "0 s");
});
