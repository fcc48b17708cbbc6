import assert from "node:assert/strict";
import { test } from "node:test";
import { RefusalLog } from "./refusal-log.ts";

test("an address is written down once a minute, and the next line counts what was left out", () => {
  const log = new RefusalLog();
  assert.equal(log.note("192.0.2.1", 1000), 0);
  assert.equal(log.note("192.0.2.1", 2000), undefined);
  assert.equal(log.note("192.0.2.1", 3000), undefined);
  assert.equal(log.note("192.0.2.2", 4000), 2);
  assert.equal(log.note("192.0.2.1", 61_000), 0);
});

test("sixty addresses are written down in a minute, whoever else comes", () => {
  const log = new RefusalLog();
  const written = Array.from({ length: 100 }, (_, index) => log.note(`192.0.2.${index}`, 1000));
  assert.equal(written.filter((unwritten) => unwritten !== undefined).length, 60);
  assert.equal(log.note("198.51.100.1", 61_000), 40);
});

test("a clock that jumps back silences nobody", () => {
  const log = new RefusalLog();
  assert.equal(log.note("192.0.2.1", 10_000_000), 0);
  assert.equal(log.note("192.0.2.1", 1000), 0);
});
