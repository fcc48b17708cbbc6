import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "./histogram.ts";

test("of a thousand durations percentiles are told, two in a hundred too high at most", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1_000; ms += 1) histogram.add(ms);
  const told = histogram.percentiles();
  assert.ok(told !== undefined);
  assert.equal(told.count, 1_000);
  assert.equal(told.max, 1_000);
  for (const [is, expected] of [
    [told.p50, 500],
    [told.p95, 950],
    [told.p99, 990],
  ] as const) {
    assert.ok(is >= expected && is <= expected * 1.02, `${is} for ${expected}`);
  }
});

test("one duration is every percentile", () => {
  const histogram = new Histogram();
  histogram.add(7.5);
  assert.deepEqual(histogram.percentiles(), { count: 1, p50: 7.5, p95: 7.5, p99: 7.5, max: 7.5 });
});

test("nothing has no percentiles, and no time at all has some", () => {
  const histogram = new Histogram();
  assert.equal(histogram.percentiles(), undefined);
  histogram.add(0);
  assert.equal(histogram.percentiles()?.p50, 0);
});

test("what lasts longer than a day is still counted", () => {
  const histogram = new Histogram();
  histogram.add(10 ** 12);
  assert.equal(histogram.percentiles()?.max, 10 ** 12);
});
