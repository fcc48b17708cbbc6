import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf } from "./preview-policy.ts";

const KNOWN = {
  "Device.WiFi.Radio.1.": { Enable: { value: false }, Channel: { value: 6 } },
  "Device.WiFi.Radio.2.": { Enable: { value: true } },
  "Device.WiFi.Radio.3.": { Enable: {} },
};

test("every instance that is known is told where it would change, and none where it would not", () => {
  assert.deepEqual(changesOf({ values: { "Device.WiFi.Radio.*.": { Enable: true } } }, KNOWN), [
    { path: "Device.WiFi.Radio.1.Enable", from: false, to: true },
    { path: "Device.WiFi.Radio.3.Enable", to: true },
  ]);
});

test("a value is the same in whatever form it is written", () => {
  const values = { "Device.WiFi.Radio.1.": { Channel: ["6", "string"] } } as const;
  assert.deepEqual(changesOf({ values }, KNOWN), []);
});

test("a parameter of which nothing is known would change, and instances of which nothing is known are none", () => {
  assert.deepEqual(changesOf({ values: { "Device.X.": { Mode: "a" } } }, KNOWN), [
    { path: "Device.X.Mode", to: "a" },
  ]);
  assert.deepEqual(changesOf({ values: { "Device.Y.*.": { Mode: "a" } } }, KNOWN), []);
});
