import assert from "node:assert/strict";
import { test } from "node:test";
import type { ParameterValues } from "@heliograph/protocol";
import { policyName } from "./policies.ts";
import { conflictsAmong, holderOf, inOrder, meet, mergePolicies, type HeldPolicy } from "./policy-merge.ts";

test("the policy of higher priority holds a path that two set, then the one whose name comes first", () => {
  const policies = [
    held("b", 1, { "Device.WiFi.": { Enable: false, Mode: "b" } }),
    held("a", 1, { "Device.WiFi.": { Enable: true } }),
    held("c", 9, { "Device.WiFi.": { Mode: "c" } }),
  ];
  assert.deepEqual(
    inOrder(policies).map(({ name }) => name),
    ["c", "a", "b"],
  );
  assert.deepEqual(mergePolicies(policies), [
    { path: "Device.WiFi.Mode", value: "c", policy: "c" },
    { path: "Device.WiFi.Enable", value: true, policy: "a" },
  ]);
});

test("a path of every instance holds that of one, and one instance is set where the higher says so", () => {
  const every = held("every", 5, { "Device.WiFi.Radio.*.": { Enable: true } });
  const one = { "Device.WiFi.Radio.1.": { Enable: false } };
  assert.deepEqual(
    mergePolicies([every, held("one", 1, one)]).map(({ path }) => path),
    ["Device.WiFi.Radio.*.Enable"],
  );
  assert.deepEqual(
    mergePolicies([every, held("one", 9, one)]).map(({ path }) => path),
    ["Device.WiFi.Radio.1.Enable", "Device.WiFi.Radio.*.Enable"],
  );
});

test("two policies disagree where they set what may be one parameter to different values", () => {
  const policies = [
    held("every", 5, { "Device.WiFi.Radio.*.": { Enable: true, Channel: 6 } }),
    held("one", 1, { "Device.WiFi.Radio.1.": { Enable: false, Channel: 6 } }),
  ];
  assert.deepEqual(conflictsAmong(policies), [
    { path: "Device.WiFi.Radio.1.Enable", holder: "every", other: "one", by: "priority", value: false },
  ]);
  const equals = [
    held("b", 1, { "Device.WiFi.": { Mode: "b" } }),
    held("a", 1, { "Device.WiFi.": { Mode: "a" } }),
  ];
  assert.deepEqual(
    conflictsAmong(equals).map(({ holder, by, value }) => [holder, by, value]),
    [["a", "name", "b"]],
  );
  assert.deepEqual(conflictsAmong(policies.slice(0, 1)), []);
});

test("what somebody wants to write is held by the first policy that may mean it", () => {
  const policies = [
    held("low", 1, { "Device.WiFi.Radio.1.": { Enable: false } }),
    held("high", 5, { "Device.WiFi.Radio.*.": { Enable: true } }),
  ];
  const path = "Device.WiFi.Radio.1.Enable";
  assert.deepEqual(holderOf(policies, ["Device.X", path]), { path, policy: "high" });
  assert.equal(holderOf(policies, ["Device.WiFi.Radio.1.Channel"]), undefined);
});

test("a star stands for an instance, by number or alias, and for no name", () => {
  assert.ok(meet("Device.WiFi.Radio.*.Enable", "Device.WiFi.Radio.[5g].Enable"));
  assert.ok(meet("Device.WiFi.Radio.2.Enable", "Device.WiFi.Radio.*.Enable"));
  assert.ok(!meet("Device.*.Enable", "Device.WiFi.Enable"));
  assert.ok(!meet("Device.WiFi.Radio.*.Enable", "Device.WiFi.Enable"));
});

function held(text: string, priority: number, values: ParameterValues): HeldPolicy {
  const name = policyName(text);
  assert.ok(name !== undefined);
  return { name, content: { priority, hold: "mend", values, objects: [] } };
}
