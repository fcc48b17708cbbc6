import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDeviceRequest, groupedEntries } from "@heliograph/protocol";
import { MOST_BORROWED, type DeviceCall, type LearnedParameters } from "../../ports/index.ts";
import { keyOf } from "../../ports/store-suite/store.fixture.ts";
import { ACTIVE, PASSIVE, puttingBack, quietOf, setting, tellsByItself, wantedOf } from "./borrowing.ts";

const KEY = keyOf("1");
const KNOWN: LearnedParameters = {
  "Device.Sky.1.": { Level: { value: 1 }, Color: { value: "red" } },
  "Device.Sky.2.": { Level: { value: 2 } },
};

test("of watched paths those are borrowed that are known, or named, and were not borrowed yet", () => {
  assert.deepEqual(wantedOf(["Device.Sky.*.Level"], KNOWN, []), ["Device.Sky.1.Level", "Device.Sky.2.Level"]);
  assert.deepEqual(wantedOf(["Device.Sky.1."], KNOWN, []), ["Device.Sky.1.Color", "Device.Sky.1.Level"]);
  assert.deepEqual(wantedOf(["Device.Up"], {}, []), ["Device.Up"]);
  const lent = { device: KEY, path: "Device.Sky.1.Level", before: 0, at: 0 };
  assert.deepEqual(wantedOf(["Device.Sky.*.Level"], KNOWN, [lent]), ["Device.Sky.2.Level"]);
});

test("no more are borrowed of one device than it may have to tell of", () => {
  const paths = Array.from({ length: 2 * MOST_BORROWED }, (_, index) => `Device.P${index}`);
  const lent = { device: KEY, path: "Device.Sky.1.Level", before: 0, at: 0 };
  assert.equal(wantedOf(paths, {}, []).length, MOST_BORROWED);
  assert.equal(wantedOf(paths, {}, [lent]).length, MOST_BORROWED - 1);
});

test("what a device tells of anyway is left alone, and each goes back to what it was", () => {
  const quiet = quietOf({
    "Device.Sky.1.": { Level: { Notification: 0 }, Color: { Notification: 1 }, Name: { Notification: 2 } },
  });
  assert.deepEqual(quiet, [
    { path: "Device.Sky.1.Level", before: 0 },
    { path: "Device.Sky.1.Color", before: 1 },
  ]);
  assert.deepEqual(setTo(setting(quiet, ACTIVE)), ["Device.Sky.1.Level 2", "Device.Sky.1.Color 2"]);
  assert.deepEqual(setTo(setting(quiet, PASSIVE)), ["Device.Sky.1.Level 1"]);
  assert.deepEqual(setTo(puttingBack(quiet)), ["Device.Sky.1.Level 0", "Device.Sky.1.Color 1"]);
});

test("a device that can be observed is asked to tell by its attributes only while it cannot", () => {
  const light = { subprotocol: "cwmp.json", lapsed: false } as const;
  assert.ok(tellsByItself({ light }));
  assert.ok(!tellsByItself({ light: { ...light, lapsed: true } }));
  assert.ok(!tellsByItself({ light: { ...light, subprotocol: "cwmp.soap" } }));
  assert.ok(!tellsByItself({}));
});

function setTo({ method, params }: DeviceCall): readonly string[] {
  const request = decodeDeviceRequest(method, params);
  assert.ok(request.ok && request.value.method === "SetParameterAttributes");
  const list = [...groupedEntries(request.value.params.ParameterList)];
  return list.map(([path, { Notification }]) => `${path} ${Notification}`);
}
