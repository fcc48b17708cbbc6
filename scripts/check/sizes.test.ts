import assert from "node:assert/strict";
import { test } from "node:test";
import { measure, overBudget, percentile95 } from "./sizes.ts";

const statements = (count: number): string => "  void 0;\n".repeat(count);

test("a function of 60 lines is within its budget, one of 61 is not", () => {
  const within = measure("packages/a/src/a.ts", `function f() {\n${statements(58)}}\n`);
  const over = measure("packages/a/src/a.ts", `function f() {\n${statements(59)}}\n`);
  assert.deepEqual(overBudget(within), []);
  assert.deepEqual(overBudget(over), ["packages/a/src/a.ts:1: f: 61 lines, at most 60"]);
});

test("a suite may be long, a test in it may not", () => {
  const short = `  test("x", () => {\n${statements(40)}  });\n`;
  const long = `  test("y", () => {\n${statements(70)}  });\n`;
  const suite = (tests: string): string => `export function busSuite() {\n${tests}}\n`;
  assert.deepEqual(overBudget(measure("packages/a/src/a.suite.ts", suite(short + short))), []);
  assert.deepEqual(overBudget(measure("packages/a/src/a.suite.ts", suite(short + long))), [
    "packages/a/src/a.suite.ts:44: (anonymous): 72 lines, at most 60",
  ]);
  assert.equal(overBudget(measure("packages/a/src/a.ts", suite(short + short))).length, 1);
});

test("a constructor with four parameters is over its budget", () => {
  const measured = measure("packages/a/src/a.ts", "class A { constructor(a: 1, b: 2, c: 3, d: 4) {} }\n");
  assert.deepEqual(overBudget(measured), ["packages/a/src/a.ts:1: (anonymous): 4 parameters, at most 3"]);
});

test("a file of 400 lines is within its budget, one of 401 is not", () => {
  assert.deepEqual(overBudget(measure("scripts/a.ts", "\n".repeat(400))), []);
  assert.deepEqual(overBudget(measure("scripts/a.ts", "\n".repeat(401))), [
    "scripts/a.ts: 401 lines, at most 400",
  ]);
});

test("of a hundred lengths the ninety-fifth is taken", () => {
  assert.equal(percentile95(Array.from({ length: 100 }, (_, index) => 100 - index)), 95);
  assert.equal(percentile95([7]), 7);
  assert.equal(percentile95([]), 0);
});
