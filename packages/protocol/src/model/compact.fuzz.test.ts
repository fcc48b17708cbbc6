import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { compactValue, isCompactValue, resolveType, typedText, valueProblem } from "./compact.ts";
import { grouped, groupedEntries, groupedValue } from "./grouped.ts";
import { isOfType, lexicalForm } from "./lexical.ts";
import { isWithin, rootObject, splitPath, topLevelObject } from "./path.ts";
import { valueTypes } from "./value.ts";

const seeds = [
  ...["true", " 0 ", "-2147483648", "+007", "18446744073709551615", "-1.50", ".5", "0fA9", "QUJD RA==\n"],
  ...["2026-01-31T23:59:59.123+01:00", "24:00:00", "0001-01-01T00:00:00Z", "-12026-02-29T24:00:00-14:00"],
  ...["Device.WiFi.Radio.1.Channel", "InternetGatewayDevice.", "Device.__proto__.constructor", "..", ""],
];
const tokens = [
  "+",
  "-",
  ".",
  "..",
  "T",
  "Z",
  ":",
  "=",
  "==",
  "A",
  "AA",
  "e5",
  "0x",
  "Device.",
  "__proto__.",
];

function judge(text: string): void {
  judgeValue(text);
  judgePath(text);
}

/** Of every type, and whatever the model says: what was made of a text is the same text and type again. */
function judgeValue(text: string): void {
  for (const type of valueTypes) {
    const form = lexicalForm(text, type);
    if (form !== undefined) assert.equal(lexicalForm(form, type), form, `${type} has two forms`);
    assert.equal(isOfType(text, type), form !== undefined);
    for (const known of [undefined, ...valueTypes]) {
      const value = compactValue(text, type, known);
      assert.ok(isCompactValue(value));
      if (form !== undefined) assert.equal(valueProblem(value), undefined);
      const back = typedText(value, known);
      assert.equal(back?.type, type);
      assert.deepEqual(compactValue(back.text, back.type, known), value);
      assert.ok(isCompactValue(resolveType(value, known)));
    }
  }
}

function judgePath(text: string): void {
  const { object, leaf } = splitPath(text);
  assert.equal(object + leaf, text);
  assert.ok(
    isWithin(text, object) && isWithin(text, topLevelObject(text)) && isWithin(text, rootObject(text)),
  );
  const values = grouped([[text, 1]]);
  assert.equal(groupedValue(values, text), 1);
  assert.deepEqual(Array.from(groupedEntries(values)), [[text, 1]]);
}

test("any text is a value of a type or is not, and any path is taken apart and put together again", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000, maxChars: 500 }));

test("the time for any text grows no faster than the text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["", "!"],
    ],
    read: judge,
  });
});
