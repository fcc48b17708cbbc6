import assert from "node:assert/strict";
import { test } from "node:test";
import { afterClose, closeCodes, pauseSeconds } from "./close-codes.ts";
import { problems } from "./problems.ts";

const rows = Object.values(closeCodes);

test("no close code has two meanings, and each can be sent [LIGHT-CLOSE-1]", () => {
  assert.equal(new Set(rows.map(({ code }) => code)).size, rows.length);
  for (const { code } of rows) assert.ok([1000, 1001, 1003, 1009].includes(code) || code >= 4000);
});

test("exactly the codes from 4500 keep a device away [LIGHT-CLOSE-2]", () => {
  for (const { code, then } of rows) assert.equal(then === "stay-away", code >= 4500);
  assert.equal(afterClose(4999), "stay-away");
});

test("a code without a meaning is like a lost connection [LIGHT-CLOSE-3]", () => {
  for (const code of [1002, 1006, 1007, 1011, 3000, 4004, 4499]) assert.equal(afterClose(code), "retry");
});

test("every refusal that ends a connection ends it with a code of the register", () => {
  const known = new Set<number | undefined>(rows.map(({ code }) => code));
  for (const { closeCode } of Object.values(problems)) {
    assert.ok(closeCode === undefined || known.has(closeCode));
  }
});

test("a pause is as long as the reason says, or a minute [LIGHT-CLOSE-4]", () => {
  assert.equal(pauseSeconds("5"), 5);
  assert.equal(pauseSeconds("0"), 0);
  for (const reason of ["", "soon", "-1", "1e9", "999999", "5 s"]) assert.equal(pauseSeconds(reason), 60);
});
