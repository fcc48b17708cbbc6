import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions } from "./version-order.ts";

const rising = [
  "",
  "1",
  "1.0",
  "1.0-rc1",
  "1.0.0",
  "1.9",
  "1.10",
  "1.10b2",
  "1.10b10",
  "01.11",
  "1.11",
  "2_A",
  "10",
  "V1",
];

test("numbers in versions count as numbers, and what goes on is newer", () => {
  for (const [i, a] of rising.entries()) {
    for (const [j, b] of rising.entries()) {
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`);
    }
  }
});
