import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, groupedEntries } from "../model/grouped.ts";
import type { CompactValue } from "../model/value.ts";
import { decodePositional, positional, positionalAnswer } from "./positional.ts";

const values = grouped<CompactValue>([
  ["Device.WiFi.Radio.1.Enable", true],
  ["Device.WiFi.Radio.1.Channel", 36],
  ["Device.DeviceInfo.X", ["-5", "long"]],
  ["Device.DeviceInfo.None", null],
]);
const names = ["Device.DeviceInfo.X", "Device.WiFi.Radio.1.Channel", "Device.DeviceInfo.None"];

test("values come in the order asked, without their names [LIGHT-LIST-7]", () => {
  assert.deepEqual(positional({ ParameterNames: names }), { ParameterNames: names, Shape: "values" });
  const answer = positionalAnswer(names, values);
  assert.deepEqual(answer, { Values: [["-5", "long"], 36, null] });
  const decoded = decodePositional(names, answer);
  assert.ok(decoded.ok && decoded.value !== undefined);
  assert.deepEqual(Array.from(groupedEntries(decoded.value.ParameterList)), [
    ["Device.DeviceInfo.X", ["-5", "long"]],
    ["Device.DeviceInfo.None", null],
    ["Device.WiFi.Radio.1.Channel", 36],
  ]);
});

test("a name that has no value keeps its place [LIGHT-LIST-7]", () => {
  assert.deepEqual(positionalAnswer(["Device.Gone", "Device.WiFi.Radio.1.Enable"], values), {
    Values: [null, true],
  });
});

test("whole objects have no order, so that they are not asked for in this form [LIGHT-LIST-7]", () => {
  for (const path of ["Device.WiFi.", ""]) {
    assert.equal(positional({ ParameterNames: ["Device.WiFi.Radio.1.Enable", path] }), undefined);
  }
});

test("an answer that names its values all the same is what it says [LIGHT-LIST-9]", () => {
  const answer = { ParameterList: { "Device.WiFi.Radio.1.": { Channel: 36 } } };
  assert.deepEqual(decodePositional(names, answer), { ok: true, value: undefined });
});

for (const [title, given, at] of [
  ["too few values", [1, 2], "$.result.Values"],
  ["too many values", [1, 2, 3, 4], "$.result.Values"],
  ["no list", { 0: 1, 1: 2, 2: 3, length: 3 }, "$.result.Values"],
  ["a fraction", [1, 1.5, 3], "$.result.Values[1]"],
  ["a value of no type", [1, 2, ["3", "number"]], "$.result.Values[2]"],
  ["an object", [{}, 2, 3], "$.result.Values[0]"],
] as const) {
  test(`${title} in place of the values asked for: refused`, () => {
    const decoded = decodePositional(names, { Values: given });
    assert.ok(!decoded.ok);
    assert.deepEqual([decoded.problem.reason, decoded.problem.at], ["bad-field", at]);
  });
}

test("names of any kind are data, and minus nothing is nothing", () => {
  const odd = ["Device.__proto__", "constructor"];
  const decoded = decodePositional(odd, { Values: [-0, 1] });
  assert.ok(decoded.ok && decoded.value !== undefined);
  assert.equal(
    JSON.stringify(decoded.value.ParameterList),
    '{"Device.":{"__proto__":0},"":{"constructor":1}}',
  );
  const [first] = Object.values(decoded.value.ParameterList["Device."] ?? {});
  assert.ok(Object.is(first, 0));
});
