import assert from "node:assert/strict";
import { test } from "node:test";
import { readableResult } from "./visible.ts";

const result = {
  Status: 0,
  ParameterList: {
    "Device.": { Alias: "a" },
    "Device.WiFi.": { RadioCount: 2 },
    "Device.WiFi.Radio.1.": { Channel: 6, Alias: "one" },
  },
};

test("of what a device told beyond what it was asked, its reader sees what they may read", () => {
  const read = ["Device.WiFi.RadioCount", "Device.WiFi.Radio.*.Channel"];
  assert.deepEqual(structuredClone(readableResult(result, read)), {
    Status: 0,
    ParameterList: { "Device.WiFi.": { RadioCount: 2 }, "Device.WiFi.Radio.1.": { Channel: 6 } },
  });
  assert.deepEqual(structuredClone(readableResult(result, [])), { Status: 0, ParameterList: {} });
});

test("who may read everything sees all of it, and what is no list is left as it is", () => {
  assert.equal(readableResult(result, [""]), result);
  const odd = { ParameterList: "none" };
  assert.equal(readableResult(odd, []), odd);
});
