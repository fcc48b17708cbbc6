import assert from "node:assert/strict";
import { test } from "node:test";
import { LineQuota } from "./line-quota.ts";

test("a key has its lines of a minute, and the next line counts what was left out", () => {
  const quota = new LineQuota({ each: 1, all: 60 });
  assert.equal(quota.admit("192.0.2.1", 1000), 0);
  assert.equal(quota.admit("192.0.2.1", 2000), undefined);
  assert.equal(quota.admit("192.0.2.1", 3000), undefined);
  assert.equal(quota.admit("192.0.2.2", 4000), 2);
  assert.equal(quota.admit("192.0.2.1", 61_000), 0);
});

test("all keys together have their lines of a minute, whoever else comes", () => {
  const quota = new LineQuota({ each: 2, all: 60 });
  const admitted = Array.from({ length: 100 }, (_, index) => quota.admit(`192.0.2.${index}`, 1000));
  assert.equal(admitted.filter((unwritten) => unwritten !== undefined).length, 60);
  assert.equal(quota.admit("198.51.100.1", 61_000), 40);
});

test("a clock that jumps back silences nobody", () => {
  const quota = new LineQuota({ each: 1, all: 60 });
  assert.equal(quota.admit("192.0.2.1", 10_000_000), 0);
  assert.equal(quota.admit("192.0.2.1", 1000), 0);
});
