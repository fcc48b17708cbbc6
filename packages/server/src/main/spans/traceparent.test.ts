import assert from "node:assert/strict";
import { test } from "node:test";
import { readTraceparent, writeTraceparent } from "./traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("a traceparent is written as it was read", () => {
  for (const flags of ["00", "01"]) {
    const text = `00-${TRACE}-${SPAN}-${flags}`;
    const read = readTraceparent(text);
    assert.ok(read !== undefined);
    assert.equal(writeTraceparent(read), text);
  }
});

test("of a later version what is known is read, and flags that nobody knows are dropped", () => {
  const read = readTraceparent(`cc-${TRACE}-${SPAN}-ff-what-the-future-will-be-like`);
  assert.ok(read !== undefined);
  assert.equal(writeTraceparent(read), `00-${TRACE}-${SPAN}-01`);
});

test("what is no traceparent is none", () => {
  for (const text of [
    "",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  ]) {
    assert.equal(readTraceparent(text), undefined, text);
  }
});
