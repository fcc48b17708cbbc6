import assert from "node:assert/strict";
import { test } from "node:test";
import { standingOf } from "./policy-answer.ts";

test("a device that says no more than that it applied a policy holds it", () => {
  assert.deepEqual(standingOf({ status: "applied" }), { state: "applied" });
  assert.deepEqual(standingOf({ status: "applied", data: { Drifted: [] } }), { state: "applied" });
});

test("what a device could not apply is told path by path", () => {
  const Faults = [{ Path: "Device.X", FaultCode: 9007, FaultString: "no" }, { FaultString: "never" }];
  assert.deepEqual(standingOf({ status: "faulted", data: { Faults } }), {
    state: "faulted",
    faults: [
      { path: "Device.X", code: 9007, message: "no" },
      { code: 9002, message: "never" },
    ],
  });
});

test("a device that failed without a fault gives its reason, or none", () => {
  assert.deepEqual(standingOf({ status: "faulted", data: { Reason: "I cannot" } }).faults, [
    { code: 9002, message: "I cannot" },
  ]);
  assert.deepEqual(standingOf({ status: "faulted" }).faults, [
    { code: 9002, message: "the device does not say why" },
  ]);
});

test("drifted, fighting and not applicable are told by their names", () => {
  assert.deepEqual(standingOf({ status: "applied", data: { Drifted: ["Device.X", 5] } }), {
    state: "drifted",
    drifted: ["Device.X"],
  });
  assert.deepEqual(standingOf({ status: "faulted", data: { Fighting: true } }), { state: "fighting" });
  assert.deepEqual(standingOf({ status: "applied", data: { NotApplicable: true } }), {
    state: "not-applicable",
  });
});
