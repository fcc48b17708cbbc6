import assert from "node:assert/strict";
import { test } from "node:test";
import { compactValue, isCompactValue, resolveType, typedText, valueProblem } from "./compact.ts";
import type { CompactValue, ValueType } from "./value.ts";

const read: readonly (readonly [
  text: string,
  type: ValueType,
  known: ValueType | undefined,
  value: CompactValue,
])[] = [
  ["a", "string", undefined, "a"],
  ["", "string", "int", ""],
  ["true", "boolean", undefined, true],
  ["0", "boolean", undefined, false],
  ["maybe", "boolean", undefined, ["maybe", "boolean"]],
  ["5", "unsignedInt", undefined, 5],
  ["5", "int", undefined, ["5", "int"]],
  ["-5", "int", undefined, -5],
  ["007", "unsignedInt", undefined, 7],
  ["+5", "int", "int", 5],
  ["5", "int", "int", 5],
  ["5", "unsignedInt", "int", ["5", "unsignedInt"]],
  ["-5", "int", "long", ["-5", "int"]],
  ["-1", "unsignedInt", undefined, ["-1", "unsignedInt"]],
  ["NaN", "int", undefined, ["NaN", "int"]],
  ["5", "long", undefined, ["5", "long"]],
  ["1.5", "decimal", undefined, ["1.5", "decimal"]],
  ["soon", "dateTime", undefined, ["soon", "dateTime"]],
];
for (const [text, type, known, value] of read) {
  const model = known === undefined ? "without a model" : `where the model says ${known}`;
  test(`${JSON.stringify(text)} of ${type} is ${JSON.stringify(value)} ${model}`, () => {
    assert.deepEqual(compactValue(text, type, known), value);
  });
}

test("what was read as compact is the same text and type again, in its canonical form [LIGHT-LIST-2, LIGHT-LIST-3]", () => {
  for (const [, type, known, value] of read) {
    const back = typedText(value, known);
    assert.equal(back?.type, type);
    assert.deepEqual(compactValue(back.text, back.type, known), value);
  }
});

test("a bare integer stands for the parameter's known type, else for unsignedInt, or int where it is negative [LIGHT-LIST-2]", () => {
  assert.deepEqual(typedText(5), { text: "5", type: "unsignedInt" });
  assert.deepEqual(typedText(-5), { text: "-5", type: "int" });
  assert.deepEqual(typedText(5, "long"), { text: "5", type: "long" });
  assert.equal(typedText(null), undefined);
});

test("a bare integer is made explicit only where its parameter's type is another", () => {
  assert.deepEqual(resolveType(5, "int"), ["5", "int"]);
  assert.equal(resolveType(5, "unsignedInt"), 5);
  assert.equal(resolveType(-5, "int"), -5);
  assert.equal(resolveType(5, "string"), "5");
  assert.equal(resolveType(1, "boolean"), true);
  assert.equal(resolveType(5, undefined), 5);
  assert.equal(resolveType("5", "int"), "5");
});

const unfit: readonly (readonly [what: string, value: unknown])[] = [
  ["no value", null],
  ["undefined", undefined],
  ["a fraction", 1.5],
  ["an integer of more than 32 bits", 2 ** 32],
  ["a negative one of more than 32 bits", -(2 ** 31) - 1],
  ["an object", {}],
  ["a pair of an unknown type", ["a", "float"]],
  ["a pair whose text is not of its type", ["a", "int"]],
  ["a pair of a number", [5, "int"]],
  ["a list of three", ["a", "string", "b"]],
];
for (const [what, value] of unfit) {
  test(`${what} cannot be set`, () => {
    assert.equal(typeof valueProblem(value), "string");
  });
}

test("strings, booleans, integers of 32 bits and sound pairs can be set", () => {
  for (const value of ["", true, 0, 2 ** 32 - 1, -(2 ** 31), ["5", "long"], ["", "base64"]]) {
    assert.equal(valueProblem(value), undefined);
  }
});

test("an answer may hold no value, and a pair whose text is not of its type [LIGHT-LIST-4]", () => {
  assert.ok(isCompactValue(null));
  assert.ok(isCompactValue(["soon", "dateTime"]));
  assert.ok(!isCompactValue(["soon", "tomorrow"]));
  assert.ok(!isCompactValue(2 ** 40));
});
