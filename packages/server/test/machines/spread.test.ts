import assert from "node:assert/strict";
import { test } from "node:test";
import { spreadOf } from "./spread.ts";

test("of many times half are within p50, nine in ten within p90, and all within the most, whatever their order", () => {
  const all = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(spreadOf(all), { count: 100, p50: 50, p90: 90, most: 100 });
});

test("of one time all of it is said of that one, and of none nothing", () => {
  assert.deepEqual(spreadOf([7]), { count: 1, p50: 7, p90: 7, most: 7 });
  assert.deepEqual(spreadOf([]), { count: 0, p50: 0, p90: 0, most: 0 });
});
