import assert from "node:assert/strict";
import { test } from "node:test";
import { retryDelayMs } from "./retry.ts";

/** The session retry wait table [CWMP 1.4 3.2.1.1], in seconds. */
const TABLE = [
  [5, 10],
  [10, 20],
  [20, 40],
  [40, 80],
  [80, 160],
  [160, 320],
  [320, 640],
  [640, 1280],
  [1280, 2560],
  [2560, 5120],
  [2560, 5120],
  [2560, 5120],
] as const;

for (const [at, [from, to]] of TABLE.entries()) {
  test(`retry ${at + 1} waits between ${from} and ${to} seconds [CWMP-RETRY-1, CWMP-RETRY-2, CWMP-RETRY-3]`, () => {
    assert.equal(retryDelayMs(at + 1, 0), from * 1000);
    assert.equal(retryDelayMs(at + 1, 0.5), (from + to) * 500);
    assert.ok(retryDelayMs(at + 1, 1 - 2 ** -32) <= to * 1000);
  });
}

test("the ACS sets the shortest wait and the factor [CWMP-RETRY-2]", () => {
  assert.equal(retryDelayMs(3, 0, { minimumWait: 2, multiplier: 3000 }), 18_000);
  assert.equal(retryDelayMs(3, 0.5, { minimumWait: 7, multiplier: 1000 }), 7_000);
});
