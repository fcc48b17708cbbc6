import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import { grouped } from "../model/grouped.ts";
import { decodeDeviceRequest, decodeDeviceResult } from "./decode.ts";
import { resolveTypes } from "./resolve-types.ts";

function problemOf(method: string, params: unknown): string {
  const decoded = decodeDeviceRequest(method, params);
  assert.equal(decoded.ok, false);
  return `${decoded.problem.at}: ${decoded.problem.detail}`;
}

test("params are read by the table; fields that hold their default are left out", () => {
  const decoded = decodeDeviceRequest("SetParameterValues", {
    ParameterList: { "Device.WiFi.": { Channel: 11 } },
    ParameterKey: "",
  });
  assert.ok(decoded.ok);
  assert.deepEqual(JSON.parse(JSON.stringify(decoded.value)), {
    method: "SetParameterValues",
    params: { ParameterList: { "Device.WiFi.": { Channel: 11 } } },
  });
});

test("an RPC without required fields may be called without params", () => {
  assert.ok(decodeDeviceRequest("Reboot", undefined).ok);
  assert.ok(decodeDeviceRequest("GetRPCMethods", {}).ok);
});

const refused: readonly (readonly [method: string, params: unknown, at: RegExp])[] = [
  ["Rebot", {}, /^\$\.method: there is no RPC Rebot$/],
  ["Reboot", { CommandKey: "k".repeat(33) }, /^\$\.params\.CommandKey: it is longer than 32/],
  ["Reboot", { commandKey: "k" }, /^\$\.params\.commandKey: there is no such field/],
  ["Reboot", [], /^\$\.params: an object is needed/],
  ["GetParameterValues", {}, /^\$\.params\.ParameterNames: it is missing/],
  [
    "GetParameterValues",
    { ParameterNames: ["Device.", 1] },
    /^\$\.params\.ParameterNames\[1\]: text is needed/,
  ],
  ["GetParameterNames", { ParameterPath: "Device.", NextLevel: 1 }, /NextLevel: true or false/],
  ["SetParameterValues", { ParameterList: { "Device.": { A: null } } }, /\.A: no value cannot be set/],
  ["SetParameterValues", { ParameterList: { "Device.": { A: 2 ** 40 } } }, /\.A: not a 32-bit integer/],
  [
    "SetParameterValues",
    { ParameterList: { "Device.": { A: ["x", "int"] } } },
    /\.A: the text is not of the type int/,
  ],
  ["SetParameterValues", { ParameterList: { Device: { A: 1 } } }, /the name of an object ends with a dot/],
  ["SetParameterValues", { ParameterList: { "Device.": { "A.B": 1 } } }, /a leaf name has no dot/],
  ["SetParameterAttributes", { ParameterList: { "Device.": { A: { Notification: 7 } } } }, /0 to 6/],
  ["ScheduleInform", { DelaySeconds: -1 }, /a number of type unsignedInt/],
  ["ChangeDUState", { Operations: [{ Type: "Erase" }] }, /Operations\[0\]\.Type: one of InstallOpStruct/],
];
for (const [method, params, at] of refused) {
  test(`${method} ${JSON.stringify(params).slice(0, 70)} is refused, and the place is named`, () => {
    assert.match(problemOf(method, params), at);
  });
}

test("a device's answer may hold what could not be set", () => {
  const result = { ParameterList: { "Device.": { A: null, B: ["soon", "dateTime"] } } };
  assert.ok(decodeDeviceResult("GetParameterValues", result).ok);
});

test("names such as __proto__ are data", () => {
  const params: unknown = JSON.parse('{"ParameterList":{"__proto__.":{"__proto__":1}}}');
  const decoded = decodeDeviceRequest("SetParameterValues", params);
  assert.ok(decoded.ok && decoded.value.method === "SetParameterValues");
  assert.deepEqual(Object.keys(decoded.value.params.ParameterList), ["__proto__."]);
  assert.equal(JSON.stringify(decoded.value.params.ParameterList), '{"__proto__.":{"__proto__":1}}');
});

test("vendor RPCs take any object, and nothing else", () => {
  assert.ok(decodeDeviceRequest("X_00D09E_Dump", { Any: [{ Thing: 1 }] }).ok);
  assert.match(problemOf("X_00D09E_Dump", 1), /an object is needed/);
});

test("more values than the limits allow are refused", () => {
  const params = { ParameterNames: ["a", "b", "c"] };
  const decoded = decodeDeviceRequest("GetParameterValues", params, { ...defaultLimits, maxNodes: 2 });
  assert.ok(!decoded.ok && decoded.problem.reason === "over-limit");
});

test("a bare integer takes the type the device reports for its parameter", () => {
  const params = { ParameterList: grouped([["Device.A", 5] as const, ["Device.B", 5] as const]) };
  const resolved = resolveTypes(params, (path) => (path === "Device.A" ? "int" : "unsignedInt"));
  assert.deepEqual(Object.values(resolved.ParameterList["Device."] ?? {}), [["5", "int"], 5]);
});
