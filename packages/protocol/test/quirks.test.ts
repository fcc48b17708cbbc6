import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeEnvelope, defaultLimits } from "../src/index.ts";
import { isRecord } from "../src/model/record.ts";

/**
 * Each fixture is a message with one oddity, written by us, and beside it what it must be taken for: `origin` names who
 * sends such messages, `reader` the side that reads it.
 */
const FIXTURES = join(import.meta.dirname, "fixtures");

const names = readdirSync(FIXTURES)
  .filter((file) => file.endsWith(".xml"))
  .map((file) => file.slice(0, -".xml".length));

for (const name of names) {
  const stated: unknown = JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8"));
  assert.ok(isRecord(stated));
  const { origin, reader, envelope } = stated;
  test(`${name.replaceAll("-", " ")}, as sent by ${String(origin)}`, () => {
    assert.ok(reader === "acs" || reader === "device");
    const text = readFileSync(join(FIXTURES, `${name}.xml`), "utf8");
    const decoded = decodeEnvelope(text, { role: reader, limits: defaultLimits });
    assert.ok(decoded.ok);
    assert.deepEqual(JSON.parse(JSON.stringify(decoded.value)), envelope);
  });
}

test("there are fixtures", () => {
  assert.ok(names.length > 60);
});
