import assert from "node:assert/strict";
import { test } from "node:test";
import { blueprint, type FleetPlan } from "./blueprint.ts";
import { deviceKinds } from "./models/device-kind.ts";

const plan: FleetPlan = {
  seed: 1,
  name: "SIM",
  mix: { "cwmp.json": 1, classic: 1 },
  kinds: deviceKinds,
  troubles: {},
};

function drawn(changes: Partial<FleetPlan> = {}, count = 1_000) {
  return Array.from({ length: count }, (_, index) => blueprint({ ...plan, ...changes }, index));
}

test("every device has a name of its own, and the same one each time", () => {
  const devices = drawn();
  assert.equal(new Set(devices.map(({ key }) => key)).size, devices.length);
  assert.deepEqual(drawn(), devices);
  assert.match(devices[41]?.key ?? "", /^F0F0F0-\w+-SIM000042$/);
});

test("a fleet has devices of all its kinds, and of no other", () => {
  const kinds = new Set(drawn().map(({ kind }) => kind));
  assert.deepEqual([...kinds].toSorted(), deviceKinds.toSorted());
  assert.ok(drawn({ kinds: ["ont"] }).every(({ kind }) => kind === "ont"));
});

test("light and classic devices are of all kinds", () => {
  const pairs = new Set(drawn().map(({ kind, speaks }) => `${kind} ${speaks}`));
  assert.equal(pairs.size, deviceKinds.length * 2);
});

test("troubles are had by the share that is to have them, and off by default", () => {
  assert.ok(drawn().every(({ troubles }) => troubles.size === 0));
  const devices = drawn({ troubles: { slow: 0.2, rebooting: 1 } });
  const slow = devices.filter(({ troubles }) => troubles.has("slow")).length;
  assert.ok(slow > 150 && slow < 250, String(slow));
  assert.ok(devices.every(({ troubles }) => troubles.has("rebooting") && !troubles.has("failing")));
});

test("a device has one trouble with files at most, and none by default", () => {
  assert.ok(drawn().every(({ transferTrouble }) => transferTrouble === undefined));
  const devices = drawn({ transferTroubles: { denied: 0.25, twice: 0.75 } });
  const denied = devices.filter(({ transferTrouble }) => transferTrouble === "denied").length;
  assert.ok(denied > 200 && denied < 300, String(denied));
  assert.equal(devices.filter(({ transferTrouble }) => transferTrouble === "twice").length, 1_000 - denied);
});
