import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "./shell-line.ts";

test("words are parted by blanks, and quotes of either kind hold blanks and each other", () => {
  assert.deepEqual(wordsOf("  get Device.WiFi.   Device.Time. "), ["get", "Device.WiFi.", "Device.Time."]);
  assert.deepEqual(wordsOf("set 'Device.X.SSID=My home'"), ["set", "Device.X.SSID=My home"]);
  assert.deepEqual(wordsOf(`set Device.X.SSID="My 'home'" Y=''`), ["set", "Device.X.SSID=My 'home'", "Y="]);
  assert.deepEqual(wordsOf(`call X '{"a": "b c"}' ""`), ["call", "X", '{"a": "b c"}', ""]);
  assert.deepEqual(wordsOf("  "), []);
});

test("a quote that is not closed makes no words", () => {
  assert.equal(wordsOf("set 'Device.X=1"), undefined);
});
