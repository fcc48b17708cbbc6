import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import { isOfType, lexicalForm, parseBoolean, parseInteger } from "./lexical.ts";
import type { ValueType } from "./value.ts";

const forms: readonly (readonly [type: ValueType, text: string, form: string | undefined])[] = [
  ["string", " a ", " a "],
  ["boolean", "TRUE", "1"],
  ["boolean", " 0 ", "0"],
  ["boolean", "yes", undefined],
  ["int", "007", "7"],
  ["int", "+5", "5"],
  ["int", "-0", "0"],
  ["int", "-2147483648", "-2147483648"],
  ["int", "2147483648", undefined],
  ["int", "1.0", undefined],
  ["int", "0x10", undefined],
  ["int", "", undefined],
  ["unsignedInt", "4294967295", "4294967295"],
  ["unsignedInt", "4294967296", undefined],
  ["unsignedInt", "-1", undefined],
  ["unsignedInt", "9".repeat(100_000), undefined],
  ["long", "-9223372036854775808", "-9223372036854775808"],
  ["long", "9223372036854775808", undefined],
  ["long", "+007", "7"],
  ["unsignedLong", "18446744073709551615", "18446744073709551615"],
  ["unsignedLong", "18446744073709551616", undefined],
  ["decimal", " -1.50 ", "-1.50"],
  ["decimal", "1e5", undefined],
  ["decimal", ".", undefined],
  ["hexBinary", "0fA9", "0fA9"],
  ["hexBinary", "0f9", undefined],
  ["base64", "QUJD RA==\n", "QUJDRA=="],
  ["base64", "QUJDR", undefined],
  ["base64", "QUJDRB==", undefined],
  ["dateTime", "2026-01-31T23:59:59Z", "2026-01-31T23:59:59Z"],
  ["dateTime", "2026-01-31T23:59:59.123+01:00", "2026-01-31T23:59:59.123+01:00"],
  ["dateTime", "0001-01-01T00:00:00", "0001-01-01T00:00:00"],
  ["dateTime", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
  ["dateTime", "2026-02-29T00:00:00Z", undefined],
  ["dateTime", "1900-02-29T00:00:00Z", undefined],
  ["dateTime", "2000-02-29T24:00:00Z", "2000-02-29T24:00:00Z"],
  ["dateTime", "0000-00-00T00:00:00", undefined],
  ["dateTime", "2026-01-01", undefined],
  ["dateTime", "2026-01-01T00:00:00+0000", undefined],
  ["dateTime", "NaN", undefined],
];
for (const [type, text, form] of forms) {
  const shown = JSON.stringify(text.slice(0, 40));
  test(form === undefined ? `${shown} is no ${type}` : `${shown} is the ${type} ${form}`, () => {
    assert.equal(lexicalForm(text, type), form);
    assert.equal(isOfType(text, type), form !== undefined);
  });
}

test("booleans are read in any case and with space around them", () => {
  assert.deepEqual(["1", "true", "True", " TRUE"].map(parseBoolean), [true, true, true, true]);
  assert.deepEqual(["0", "false", "FALSE\n"].map(parseBoolean), [false, false, false]);
  assert.deepEqual(["", "2", "on", "truefalse"].map(parseBoolean), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("the longest text is read without an end of the stack", () => {
  const longest = "A".repeat(defaultLimits.maxChars);
  assert.equal(lexicalForm(longest, "base64"), longest);
  assert.equal(lexicalForm(`${longest}!AAA`, "base64"), undefined);
  assert.equal(
    lexicalForm(`2026-01-31T00:00:00.${"0".repeat(defaultLimits.maxChars)}`, "dateTime"),
    undefined,
  );
});

test("minus nothing is nothing", () => {
  assert.ok(Object.is(parseInteger("-0", "int"), 0));
});
