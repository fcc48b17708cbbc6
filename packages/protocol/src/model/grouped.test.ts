import assert from "node:assert/strict";
import { test } from "node:test";
import { countGrouped, grouped, groupedBuilder, groupedEntries, groupedValue } from "./grouped.ts";

test("values are grouped by object, leaf names inside; an object's own stands under the empty name [LIGHT-LIST-1]", () => {
  const values = grouped([
    ["Device.WiFi.", 0],
    ["Device.WiFi.Channel", 1],
    ["Device.UpTime", 2],
    ["Device.WiFi.Enable", 3],
    ["Rootless", 4],
  ]);
  assert.equal(
    JSON.stringify(values),
    '{"Device.WiFi.":{"":0,"Channel":1,"Enable":3},"Device.":{"UpTime":2},"":{"Rootless":4}}',
  );
  assert.equal(countGrouped(values), 5);
  assert.deepEqual(Array.from(groupedEntries(values)), [
    ["Device.WiFi.", 0],
    ["Device.WiFi.Channel", 1],
    ["Device.WiFi.Enable", 3],
    ["Device.UpTime", 2],
    ["Rootless", 4],
  ]);
});

test("the last value of a path counts", () => {
  const builder = groupedBuilder<number>();
  builder.set("A.b", 1);
  builder.set("B.c", 2);
  builder.set("A.b", 3);
  assert.equal(groupedValue(builder.build(), "A.b"), 3);
  assert.equal(countGrouped(builder.build()), 2);
});

test("names that objects inherit elsewhere are data here", () => {
  const paths = ["__proto__.__proto__", "constructor.prototype", "toString", "hasOwnProperty.valueOf"];
  const values = grouped(paths.map((path) => [path, path] as const));
  assert.deepEqual(
    Array.from(groupedEntries(values), ([path]) => path),
    paths,
  );
  for (const path of paths) assert.equal(groupedValue(values, path), path);
  assert.equal(groupedValue(values, "isPrototypeOf"), undefined);
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
});

test("maps that came from JSON are walked as safely", () => {
  const values: Record<string, Record<string, number>> = { "A.": { b: 1 } };
  assert.equal(groupedValue(values, "A.b"), 1);
  assert.equal(groupedValue(values, "A.toString"), undefined);
  assert.equal(groupedValue(values, "__proto__"), undefined);
});
