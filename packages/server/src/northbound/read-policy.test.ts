import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyRequest } from "@heliograph/api";
import { groupedEntries, type CompactValue } from "@heliograph/protocol";
import { builtInRoles, type PolicyContent, type Rights } from "../ports/index.ts";
import { mayHold, readContent, readRules } from "./read-policy.ts";
import { isRefusal } from "./refusal.ts";

const FILE = { file: "0123456789abcdef", version: "2.1" };

test("what is not said of a policy is as usual", () => {
  const { values, ...rest } = content({ values: { "Device.X.": { Mode: "a" } } });
  assert.deepEqual(rest, { priority: 0, hold: "mend", objects: [] });
  assert.deepEqual([...groupedEntries<CompactValue>(values)], [["Device.X.Mode", "a"]]);
  const object = { object: "Device.X.", key: { Name: "a" } };
  assert.deepEqual(content({ objects: [object] }).objects, [{ ...object, values: {} }]);
});

test("a policy that says nothing, or what no device could set, is none", () => {
  assert.match(problem({}), /^values: name a value/);
  assert.match(problem({ values: { "Device.X": { Mode: "a" } } }), /^values: /);
  assert.match(problem({ values: { "Device.X.": { Mode: { deep: 1 } } } }), /^values: /);
  assert.match(
    problem({ objects: [{ object: "Device.X.*.Y.", key: { Name: "a" } }] }),
    /^objects\[0\]\.object/,
  );
});

test("a file is a policy of its own", () => {
  assert.deepEqual(content({ file: FILE }).file, FILE);
  assert.match(problem({ file: FILE, values: { "Device.X.": { Mode: "a" } } }), /^file: a file is/);
  assert.match(problem({ file: { ...FILE, file: "none" } }), /^file\.file: /);
});

test("a policy that fits in no publication is refused", () => {
  const read = readContent({ group: "gold", values: { "Device.X.": { Mode: "a".repeat(300_000) } } });
  assert.ok(isRefusal(read));
});

test("waves rise to the whole group", () => {
  assert.ok(isRefusal(readRules({ waves: [0.5, 0.1, 1] })));
  assert.ok(isRefusal(readRules({ waves: [0.5] })));
  const rules = readRules({ waves: [0.5, 1], pause: 1.5 });
  assert.ok(!isRefusal(rules));
  assert.deepEqual([rules.waves, rules.pauseMs, rules.perSecond], [[0.5, 1], 1_500, 50]);
});

test("whoever writes a policy may write all of it, on every device", () => {
  const wifi = content({ values: { "Device.WiFi.Radio.*.": { Enable: true } } });
  const made = content({ objects: [{ object: "Device.WiFi.SSID.", key: { SSID: "a" } }] });
  const desk: Rights = { ...builtInRoles.operator, write: ["Device.WiFi.Radio."] };
  assert.equal(mayHold(builtInRoles.operator, wifi), undefined);
  assert.equal(mayHold(desk, wifi), undefined);
  assert.equal(mayHold(desk, made)?.refused, "not-allowed");
  assert.equal(mayHold({ ...desk, devices: { type: "keys", keys: [] } }, wifi)?.refused, "not-allowed");
});

function content(request: Omit<PolicyRequest, "group">): PolicyContent {
  const read = readContent({ group: "gold", ...request });
  assert.ok(!isRefusal(read), JSON.stringify(read));
  return read;
}

function problem(request: Omit<PolicyRequest, "group">): string {
  const read = readContent({ group: "gold", ...request });
  assert.ok(isRefusal(read));
  assert.equal(read.refused, "invalid-policy");
  return read.detail;
}
