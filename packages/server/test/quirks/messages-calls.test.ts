import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { OperationRequest } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { envelopeText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import type { BareDevice } from "./bare-device.ts";
import {
  assertInformed,
  assertNothing,
  assertSent,
  oddDevice,
  oddly,
  ourEnvelope,
  valuesOf,
} from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

/** How a device writes its boolean values, which those it is sent follow. */
const habits: readonly (readonly [kind: string, no: string, yes: string])[] = [
  ["in digits", "0", "1"],
  ["in words", "false", "true"],
];

interface Asked {
  readonly method: string;
  readonly params: object;
  readonly written: string;
  readonly answer: string;
}

function names(...all: readonly string[]): string {
  const strings = all.map((name) => `<string>${name}</string>`).join("");
  return `<ParameterNames soap-enc:arrayType="xsd:string[${all.length}]">${strings}</ParameterNames>`;
}

const prefixless: readonly Asked[] = [
  {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.X", "Device.Y."] },
    written: names("Device.X", "Device.Y."),
    answer: "<ParameterList/>",
  },
  {
    method: "GetParameterAttributes",
    params: { ParameterNames: ["Device.X"] },
    written: names("Device.X"),
    answer: "<ParameterList/>",
  },
];
for (const asked of prefixless) {
  test(`the names in ${asked.method} are written as string without a prefix [QUIRKS-MESSAGE-16]`, () =>
    isAsked(asked));
}

test("the names in the answer to GetRPCMethods are written as string without a prefix [QUIRKS-MESSAGE-16]", async () => {
  await using device = await oddDevice(server);
  assertInformed(await device.post(device.inform(), {}));
  const known = [
    "GetRPCMethods",
    "Inform",
    "TransferComplete",
    "AutonomousTransferComplete",
    "RequestDownload",
    "Kicked",
    "DUStateChangeComplete",
    "AutonomousDUStateChangeComplete",
  ];
  const reply = await device.post(envelopeText("<cwmp:GetRPCMethods/>"));
  const listed = [...reply.body.matchAll(/<string>(\w+)<\/string>/g)].map(([, name = ""]) => name);
  assert.deepEqual(listed.toSorted(), known.toSorted());
  const strings = listed.map((name) => `<string>${name}</string>`).join("");
  const list = `<MethodList soap-enc:arrayType="xsd:string[${listed.length}]">${strings}</MethodList>`;
  assertSent(reply, 200, ourEnvelope(`<cwmp:GetRPCMethodsResponse>${list}</cwmp:GetRPCMethodsResponse>`));
  assertNothing(await device.post(""));
});

const flagged: readonly Asked[] = [
  {
    method: "GetParameterNames",
    params: { ParameterPath: "Device.", NextLevel: true },
    written: "<ParameterPath>Device.</ParameterPath><NextLevel>1</NextLevel>",
    answer: "<ParameterList/>",
  },
  {
    method: "GetParameterNames",
    params: { ParameterPath: "Device.A.", NextLevel: false },
    written: "<ParameterPath>Device.A.</ParameterPath><NextLevel>0</NextLevel>",
    answer: "<ParameterList/>",
  },
  {
    method: "SetParameterAttributes",
    params: { ParameterList: { "Device.": { X: { Notification: 2 } } } },
    written:
      '<ParameterList soap-enc:arrayType="cwmp:SetParameterAttributesStruct[1]"><SetParameterAttributesStruct>' +
      "<Name>Device.X</Name><NotificationChange>1</NotificationChange><Notification>2</Notification>" +
      '<AccessListChange>0</AccessListChange><AccessList soap-enc:arrayType="xsd:string[0]"/>' +
      "</SetParameterAttributesStruct></ParameterList>",
    answer: "",
  },
];
for (const [kind, no] of habits) {
  for (const asked of flagged) {
    test(`the flags of ${asked.method} ${JSON.stringify(asked.params)} are digits to a device that writes ${kind} [QUIRKS-MESSAGE-34]`, () =>
      isAsked(asked, no));
  }
}

test("a device that writes its values in digits and its flags in words is sent values in digits [QUIRKS-MESSAGE-34]", async () => {
  await using device = await oddDevice(server);
  const params = { ParameterPath: "Device.", NextLevel: true };
  const operation = await device.wanted({ method: "GetParameterNames", params });
  const set = { method: "SetParameterValues", params: { ParameterList: { "Device.": { X: true } } } };
  await device.wanted(set);
  await informBoolean(device, "0");
  assert.match((await device.post("")).body, /<NextLevel>1</);
  const info = "<ParameterInfoStruct><Name>Device.X</Name><Writable>true</Writable></ParameterInfoStruct>";
  const answer = `<cwmp:GetParameterNamesResponse><ParameterList>${info}</ParameterList></cwmp:GetParameterNamesResponse>`;
  const { body } = await device.post(envelopeText(answer, { id: null }));
  assert.match(body, /<Name>Device\.X<\/Name><Value xsi:type="xsd:boolean">1<\/Value>/);
  assert.equal((await device.kept(operation)).state, "done");
});

const KEY = "Device.ManagementServer.ParameterKey";
const keyless: readonly (readonly [kind: string, says: readonly string[]])[] = [
  ["says nothing of its ParameterKey", []],
  ["never changes its ParameterKey", [""]],
  ["has a ParameterKey of its own", ["factory"]],
];
for (const [kind, says] of keyless) {
  test(`a device that ${kind} is told it with each change, and managed like any other [QUIRKS-MESSAGE-40]`, async () => {
    await using device = await oddDevice(server);
    const parameters = Object.fromEntries(says.map((key) => [KEY, key]));
    const kept: Record<string, string> = Object.fromEntries(says.map((key) => ["ParameterKey", key]));
    for (const parameterKey of ["first", "second"]) {
      const params = { ParameterList: { "Device.A.": { B: parameterKey } }, ParameterKey: parameterKey };
      const operation = await device.wanted({ method: "SetParameterValues", params });
      assertInformed(await device.post(device.inform({ parameters }), {}));
      const asked = await device.post("");
      assert.ok(asked.body.includes(`<ParameterKey>${parameterKey}</ParameterKey>`), asked.body);
      assertNothing(
        await device.post(
          envelopeText(
            "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>",
            { id: null },
          ),
        ),
      );
      assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result: { Status: 0 } });
      assert.deepEqual(await valuesOf(server, device, "Device.A."), { B: parameterKey });
      assert.deepEqual(await valuesOf(server, device, "Device.ManagementServer."), kept);
      assertInformed(await device.post(device.inform({ parameters }), {}));
      assertNothing(await device.post(""));
    }
  });
}

/** Fails unless the call is written so, and its answer taken; the device has written a boolean value so before. */
async function isAsked({ method, params, written, answer }: Asked, no = "0"): Promise<void> {
  await using device = await oddDevice(server);
  await informBoolean(device, no);
  const request: OperationRequest = { method, params: { ...params } };
  const operation = await device.wanted(request);
  await informBoolean(device, no);
  const { body } = await device.post("");
  const [, id = ""] = /<cwmp:ID soap-env:mustUnderstand="1">([0-9a-f]{16})</.exec(body) ?? [];
  assert.equal(body, ourEnvelope(`<cwmp:${method}>${written}</cwmp:${method}>`, { id }));
  assertNothing(
    await device.post(envelopeText(`<cwmp:${method}Response>${answer}</cwmp:${method}Response>`, { id })),
  );
  assert.equal((await device.kept(operation)).state, "done");
}

async function informBoolean(device: BareDevice, no: string): Promise<void> {
  const inform = device.inform({ parameters: { "Device.Flag": no } });
  const usual = /<Value>(?=(?:0|false)<)/;
  assertInformed(await device.post(oddly(inform, [usual, '<Value xsi:type="xsd:boolean">']), {}));
}
