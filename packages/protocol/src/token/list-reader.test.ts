import assert from "node:assert/strict";
import { test } from "node:test";
import { CWMP_1_0 } from "../soap/namespaces.ts";
import { defaultLimits } from "../limits.ts";
import { decodeEnvelope } from "../soap/decode.ts";
import { encodeAnswer } from "../soap/encode.ts";
import { decodeDeviceAnswer, decodeDeviceRequest } from "./decode.ts";

/** In SOAP and back, nothing of a device's list is lost or added. */
function isSameBySoap(
  method: "GetParameterNames" | "GetParameterAttributes",
  list: object,
  given = list,
): void {
  const answer = decodeDeviceAnswer(method, { ParameterList: given });
  assert.ok(answer.ok);
  const text = encodeAnswer({ ...answer.value, id: "1", namespace: CWMP_1_0 });
  const envelope = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
  assert.ok(envelope.ok && envelope.value.body.kind === "answer");
  assert.deepEqual(JSON.parse(JSON.stringify(envelope.value.body.result)), { ParameterList: list });
}

const nextLevel = {
  "Device.WiFi.": { RadioNumberOfEntries: false },
  "Device.WiFi.Radio.": { "": false },
  "Device.WiFi.SSID.": { "": true },
};
const whole = { ...nextLevel, "Device.WiFi.": { "": false, RadioNumberOfEntries: false } };

test("an object's own flag stands under the empty name, the asked one's only without NextLevel [LIGHT-LIST-5]", () => {
  isSameBySoap("GetParameterNames", nextLevel);
  isSameBySoap("GetParameterNames", whole);
});

test("objects with nothing to say are no entries of SOAP, and are left out [LIGHT-LIST-5]", () => {
  const list = { "Device.WiFi.Radio.": { "": false } };
  isSameBySoap("GetParameterNames", list, { "Device.WiFi.": {}, ...list });
});

test("attributes stand by their paths, those of objects under the empty name [LIGHT-LIST-6]", () => {
  const list = {
    "Device.WiFi.": { "": { Notification: 1, AccessList: [] } },
    "Device.WiFi.Radio.1.": { Channel: { Notification: 2, AccessList: ["Subscriber"] } },
  };
  isSameBySoap("GetParameterAttributes", list);
});

test("a set names only the attributes that change [LIGHT-LIST-6]", () => {
  const ParameterList = { "Device.": { A: { Notification: 2 }, B: { AccessList: [] } } };
  const request = decodeDeviceRequest("SetParameterAttributes", { ParameterList });
  assert.ok(request.ok);
  assert.deepEqual(JSON.parse(JSON.stringify(request.value.params)), { ParameterList });
});

const wrong: readonly (readonly [why: string, list: unknown, at: string])[] = [
  ["no object", [["Device.A", 1]], ""],
  ["whole paths as names", { "Device.A": 1 }, '["Device.A"]'],
  ["a path without its dot", { "Device.WiFi": { Channel: 1 } }, '["Device.WiFi"]'],
  ["a leaf with a dot", { "Device.": { "WiFi.Channel": 1 } }, '["Device."]["WiFi.Channel"]'],
  ["the value of an object", { "Device.": { "": 1 } }, '["Device."][""]'],
  ["a list in place of leaves", { "Device.": [1] }, '["Device."]'],
  ["a path of 257 characters", { "Device.": { ["a".repeat(250)]: 1 } }, `["Device."].${"a".repeat(64)}`],
];
for (const [why, list, at] of wrong) {
  test(`a parameter list with ${why} is refused [LIGHT-LIST-1]`, () => {
    const answer = decodeDeviceAnswer("GetParameterValues", { ParameterList: list });
    assert.ok(!answer.ok);
    assert.deepEqual(
      [answer.problem.reason, answer.problem.at],
      ["bad-field", `$.result.ParameterList${at}`],
    );
  });
}

test("no value is answered, and never set [LIGHT-LIST-4]", () => {
  const ParameterList = { "Device.": { A: null } };
  assert.ok(decodeDeviceAnswer("GetParameterValues", { ParameterList }).ok);
  const set = decodeDeviceRequest("SetParameterValues", { ParameterList });
  assert.ok(!set.ok);
  assert.equal(set.problem.detail, "no value cannot be set");
});
