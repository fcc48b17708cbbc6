import assert from "node:assert/strict";
import { test } from "node:test";
import { resolvedAlias, tableOfAlias } from "./aliases.ts";

const KNOWN = {
  "Device.WiFi.Radio.1.": { Alias: { value: "inside" } },
  "Device.WiFi.Radio.2.": { Alias: { value: ["outside", "string"] as const } },
  "Device.WiFi.Radio.3.": { Alias: { value: "twice" } },
  "Device.WiFi.Radio.4.": { Alias: { value: "twice" } },
  "Device.WiFi.Radio.5.Stats.": { Errors: { value: 1 } },
};

test("an alias is the instance that is known by it, whatever type its name came with", () => {
  assert.equal(tableOfAlias("Device.WiFi.Radio.[inside].Channel"), "Device.WiFi.Radio.");
  assert.equal(resolvedAlias("Device.WiFi.Radio.[inside].Channel", KNOWN), "Device.WiFi.Radio.1.Channel");
  assert.equal(resolvedAlias("Device.WiFi.Radio.[outside].", KNOWN), "Device.WiFi.Radio.2.");
});

test("an alias that nobody has, or more than one, is none", () => {
  assert.equal(resolvedAlias("Device.WiFi.Radio.[nobody].Channel", KNOWN), undefined);
  assert.equal(resolvedAlias("Device.WiFi.Radio.[twice].Channel", KNOWN), undefined);
  assert.equal(resolvedAlias("Device.WiFi.Radio.[Inside].Channel", KNOWN), undefined);
});

test("a path without an alias asks for nothing", () => {
  assert.equal(tableOfAlias("Device.WiFi.Radio.1.Channel"), undefined);
  assert.equal(resolvedAlias("Device.WiFi.Radio.1.Channel", KNOWN), undefined);
});
