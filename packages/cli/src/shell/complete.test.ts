import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, completePath } from "./complete.ts";

const PATHS = [
  "Device.WiFi.Radio.10.Channel",
  "Device.WiFi.Radio.2.Channel",
  "Device.WiFi.Radio.2.Enable",
  "Device.DeviceInfo.UpTime",
];

test("a path goes on by one level, and instances stand in their order", () => {
  assert.deepEqual(completePath(PATHS, "Device."), ["Device.DeviceInfo.", "Device.WiFi."]);
  assert.deepEqual(completePath(PATHS, "Device.WiFi.Radio."), [
    "Device.WiFi.Radio.2.",
    "Device.WiFi.Radio.10.",
  ]);
  assert.deepEqual(completePath(PATHS, "Device.WiFi.Radio.2.Ch"), ["Device.WiFi.Radio.2.Channel"]);
  assert.deepEqual(completePath(PATHS, "InternetGatewayDevice."), []);
});

test("levels that leave no choice are gone through at once", () => {
  assert.deepEqual(completePath(PATHS, "Dev"), ["Device."]);
  assert.deepEqual(completePath(PATHS, "Device.De"), ["Device.DeviceInfo.UpTime"]);
  assert.deepEqual(completePath(PATHS, "Device.W"), ["Device.WiFi.Radio."]);
});

test("the first word is a command, and those behind it are paths", () => {
  const completing = { commands: ["get", "set", "help"], paths: PATHS };
  assert.deepEqual(complete("g", completing), [["get "], "g"]);
  assert.deepEqual(complete("", completing), [["get ", "set ", "help "], ""]);
  assert.deepEqual(complete("get Device.De", completing), [["Device.DeviceInfo.UpTime"], "Device.De"]);
  assert.deepEqual(complete("get x Device.WiFi.Radio.10.", completing), [
    ["Device.WiFi.Radio.10.Channel"],
    "Device.WiFi.Radio.10.",
  ]);
});
