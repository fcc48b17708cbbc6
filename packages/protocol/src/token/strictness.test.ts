import assert from "node:assert/strict";
import { test } from "node:test";
import { Check } from "typebox/schema";
import { defaultLimits } from "../limits.ts";
import { acsRpcs, deviceRpcs } from "../rpc/table.ts";
import { checkParams, decodeAcsRequest, decodeDeviceAnswer, decodeDeviceRequest } from "./decode.ts";
import { answerSchema, requestSchema } from "./schema.ts";

const inform = {
  DeviceId: { Manufacturer: "Sun", OUI: "a06518", ProductClass: "", SerialNumber: "S1" },
  Event: [{ EventCode: "BOOT" }],
  MaxEnvelopes: 1,
  CurrentTime: "1970-01-01T00:00:00+0000",
  RetryCount: 0,
  ParameterList: { "Device.": { A: null, B: ["soon", "dateTime"] } },
};

test("a device's own sloppiness is taken in a token, too", () => {
  assert.ok(decodeAcsRequest("Inform", inform).ok);
  assert.ok(Check(requestSchema("Inform"), inform));
});

test("what we write ourselves is held to the schema", () => {
  const check = checkParams(acsRpcs.Inform.request, inform, { strictness: "schema" });
  assert.ok(!check.ok);
  assert.equal(check.problem.at, "$.DeviceId.OUI");
});

const download = { FileType: "1 Firmware Upgrade Image", URL: "http://a/b" };
const cannotBeWritten: readonly (readonly [method: keyof typeof deviceRpcs, params: unknown, at: string])[] =
  [
    ["Download", { ...download, FileType: "Firmware" }, "$.params.FileType"],
    ["Download", { ...download, CommandKey: "a\u0000" }, "$.params.CommandKey"],
    ["Download", { ...download, FileSize: -1 }, "$.params.FileSize"],
    ["Download", { ...download, FileSize: 1.5 }, "$.params.FileSize"],
    ["AddObject", { ObjectName: "Device.WiFi.SSID" }, "$.params.ObjectName"],
    ["GetParameterValues", { ParameterNames: [] }, "$.params.ParameterNames"],
    ["GetParameterValues", { ParameterNames: ["a".repeat(257)] }, "$.params.ParameterNames[0]"],
    ["SetParameterAttributes", { ParameterList: {} }, "$.params.ParameterList"],
    [
      "SetParameterAttributes",
      { ParameterList: { "Device.": { A: { AccessList: ["Everybody"] } } } },
      '$.params.ParameterList["Device."].A',
    ],
    [
      "SetParameterValues",
      { ParameterList: { "Device.": { "": 1 } } },
      '$.params.ParameterList["Device."][""]',
    ],
    [
      "SetParameterValues",
      { ParameterList: { "Device.": { A: "\uD800" } } },
      '$.params.ParameterList["Device."].A',
    ],
    [
      "SetParameterValues",
      { ParameterList: { "Device.": { "A\u0000": 1 } } },
      String.raw`$.params.ParameterList["Device."]["A\u0000"]`,
    ],
    ["ScheduleDownload", { ...download, TimeWindowList: [] }, "$.params.TimeWindowList"],
    ["ChangeDUState", { Operations: [] }, "$.params.Operations"],
    [
      "ChangeDUState",
      { Operations: [{ Type: "UninstallOpStruct", UUID: "u" }] },
      "$.params.Operations[0].UUID",
    ],
    ["SetVouchers", { VoucherList: ["no base64"] }, "$.params.VoucherList[0]"],
  ];
for (const [method, params, at] of cannotBeWritten) {
  test(`${method} ${JSON.stringify(params).slice(0, 90)} is refused, since SOAP could not carry it`, () => {
    const request = decodeDeviceRequest(method, params);
    assert.ok(!request.ok);
    assert.deepEqual([request.problem.reason, request.problem.at], ["bad-field", at]);
  });
}

test("characters are counted, not halves of them", () => {
  assert.ok(decodeDeviceRequest("Reboot", { CommandKey: "😀".repeat(32) }).ok);
  assert.ok(!decodeDeviceRequest("Reboot", { CommandKey: "😀".repeat(33) }).ok);
});

test("ranges hold for what is written, not for what a device answers", () => {
  assert.ok(decodeDeviceAnswer("DeleteObject", { Status: 2 }).ok);
  assert.ok(!checkParams(deviceRpcs.DeleteObject.answer, { Status: 2 }, { strictness: "schema" }).ok);
});

test("empty objects and minus nothing are left out of a list's one form", () => {
  const params = { ParameterList: { "Device.A.": {}, "Device.B.": { c: -0 } } };
  const request = decodeDeviceRequest("SetParameterValues", params);
  assert.ok(request.ok);
  assert.equal(JSON.stringify(request.value.params), '{"ParameterList":{"Device.B.":{"c":0}}}');
});

test("a vendor's params may be nested and wide as far as the limits go", () => {
  let deep: unknown = "x";
  for (let level = 0; level < 10_000; level += 1) deep = [deep];
  const tooDeep = decodeDeviceRequest("X_00D09E_Do", { deep });
  assert.ok(!tooDeep.ok);
  assert.equal(tooDeep.problem.detail, "it is nested too deep");
  const tooWide = decodeDeviceRequest("X_00D09E_Do", { a: [1, 2, 3] }, { ...defaultLimits, maxNodes: 3 });
  assert.ok(!tooWide.ok);
  assert.equal(tooWide.problem.reason, "over-limit");
  assert.ok(!decodeDeviceRequest("X_00D09E_Do", { a: Number.NaN }).ok);
  assert.ok(!decodeDeviceRequest("X_00D09E_Do", { a: undefined }).ok);
});

test("the published schema of a request says what may be asked", () => {
  assert.deepEqual(requestSchema("AddObject"), {
    type: "object",
    properties: {
      ObjectName: { type: "string", maxLength: 256, pattern: String.raw`^.*\.$` },
      ParameterKey: { type: "string", maxLength: 32 },
    },
    required: ["ObjectName"],
    additionalProperties: false,
  });
  assert.deepEqual(answerSchema("AddObject"), {
    type: "object",
    properties: {
      InstanceNumber: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
      Status: { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 },
    },
    required: ["InstanceNumber", "Status"],
  });
});

test("the published schemas refuse what cannot be written", () => {
  for (const [method, params] of cannotBeWritten) {
    const isBeyondSchemas = JSON.stringify(params).includes("\\u") || method === "GetParameterValues";
    if (!isBeyondSchemas) assert.ok(!Check(requestSchema(method), params), JSON.stringify(params));
  }
});
