import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { faultText } from "../src/index.ts";
import { testData } from "./test-data.ts";

test("each fault says what the published schema says of its code [CWMP-FAULT-3]", (t) => {
  const schemas = ["cwmp-1-2.xsd", "cwmp-1-4.xsd"].map((name) => testData(t, "bbf", name));
  const published = schemas.flatMap((file) =>
    file === undefined ? [] : textsIn(readFileSync(file, "utf8")),
  );
  if (published.length === 0) return;
  const codes = new Set(published.map(([code]) => code));
  assert.deepEqual(
    [...codes].toSorted((one, other) => one - other),
    [...range(8000, 8006), ...range(9000, 9032)],
  );
  for (const [code, text] of published) assert.equal(inShort(faultText(code)), inShort(text), String(code));
});

function textsIn(schema: string): readonly (readonly [code: number, text: string])[] {
  const lines = schema.matchAll(/^\s*\* (\d{4}) - (.*)$/gm);
  return Array.from(lines, ([, code = "", text = ""]) => [Number(code), text] as const);
}

/** The words that carry the meaning, without the schema's asides and its slip of the pen. */
function inShort(text: string): string {
  return text
    .toLowerCase()
    .replace(/ \(.*\)$/, "")
    .replace(/^file transfer failure: /, "")
    .replace("deployement", "deployment")
    .replace(/(?: –|:) /, ": ")
    .trim();
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
