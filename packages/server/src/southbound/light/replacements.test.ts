import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";
import { Replacements } from "./replacements.ts";

const MINUTE_MS = 60_000;

function key(serial: string): DeviceKey {
  const parsed = parseDeviceKey(`001122-${serial}`);
  assert.ok(parsed !== undefined);
  return parsed;
}

test("three replacements in ten minutes are many, two are not, and others' do not count [LIGHT-OPEN-11]", () => {
  const replacements = new Replacements(10);
  for (const at of [0, 1]) replacements.note(key("S1"), at);
  assert.equal(replacements.areMany(key("S1"), 2), false);
  replacements.note(key("S1"), 2);
  assert.equal(replacements.areMany(key("S1"), 3), true);
  assert.equal(replacements.areMany(key("S2"), 3), false);
});

test("what was ten minutes ago does not count", () => {
  const replacements = new Replacements(10);
  for (const at of [0, MINUTE_MS, 2 * MINUTE_MS]) replacements.note(key("S1"), at);
  assert.equal(replacements.areMany(key("S1"), 10 * MINUTE_MS - 1), true);
  assert.equal(replacements.areMany(key("S1"), 10 * MINUTE_MS), false);
});

test("nor what a clock that was set back says of the time to come", () => {
  const replacements = new Replacements(10);
  for (const at of [1_000, 1_001, 1_002]) replacements.note(key("S1"), at);
  assert.equal(replacements.areMany(key("S1"), 0), false);
});

test("of more devices than it may keep the longest unheard of is forgotten", () => {
  const replacements = new Replacements(2);
  for (const serial of ["S1", "S2"]) for (const at of [0, 1, 2]) replacements.note(key(serial), at);
  replacements.note(key("S1"), 3);
  replacements.note(key("S3"), 4);
  assert.equal(replacements.areMany(key("S1"), 5), true);
  assert.equal(replacements.areMany(key("S2"), 5), false);
});
