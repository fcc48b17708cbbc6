import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, opening } from "../ports/store-suite/store.fixture.ts";
import { readChange, writeChange } from "./written-change.ts";

const parameters = { "Device.DeviceInfo.": { SoftwareVersion: '1.0 "beta"', UpTime: 7 } };

test("a change is read as it was written, but for an Inform's parameters, which stay text", () => {
  const change = opening(keyOf("1"), "c1", { parameters });
  const read = readChange(writeChange("open-connection", change));
  assert.deepEqual(read, { ...JSON.parse(JSON.stringify(change)), parameters: JSON.stringify(parameters) });
});

test("parameters that are told again are the text that they were before", () => {
  const [first, again] = ["c1", "c2"].map((id) =>
    writeChange("open-connection", opening(keyOf("1"), id, { parameters })),
  );
  assert.equal(first?.parameters, again?.parameters);
});

test("any other change is read as it was written", () => {
  assert.deepEqual(readChange(writeChange("move-relay", { position: 3 })), { position: 3 });
});
