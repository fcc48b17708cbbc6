import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "./command-error.ts";
import { readDuration } from "./duration.ts";

for (const [text, ms] of [
  ["90", 90_000],
  ["90s", 90_000],
  ["250ms", 250],
  ["5min", 300_000],
  ["5m", 300_000],
  ["1.5h", 5_400_000],
  ["0", 0],
] as const) {
  test(`"${text}" lasts ${ms} ms`, () => {
    assert.equal(readDuration("duration", text), ms);
  });
}

for (const text of ["", "soon", "-5s", "5 weeks", "s", "1h30min"]) {
  test(`"${text}" is no time`, () => {
    assert.throws(() => readDuration("duration", text), UsageError);
  });
}
