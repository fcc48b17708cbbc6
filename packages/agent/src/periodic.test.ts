import assert from "node:assert/strict";
import { test } from "node:test";
import { periodicDelayMs } from "./periodic.ts";

const now = Date.parse("2026-01-01T00:00:10Z");

const schedules = [
  ["0001-01-01T00:00:00Z", 60_000],
  ["", 60_000],
  ["2026-01-01T00:00:00Z", 50_000],
  ["2025-12-31T23:59:55Z", 45_000],
  ["2026-01-01T00:00:10Z", 60_000],
  ["2026-01-01T00:00:40Z", 30_000],
  ["2026-01-01T00:02:00Z", 50_000],
] as const;

for (const [reference, expected] of schedules) {
  test(`counted from ${reference || "no time"}, the next minute comes in ${expected / 1000} s [CWMP-EVENT-11]`, () => {
    assert.equal(periodicDelayMs({ now, interval: 60, reference }), expected);
  });
}
