import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Fault, OperationRequest } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { envelopeText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { readCall } from "./bare-device.ts";
import { assertNothing, called, oddDevice, valuesOf } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const write = {
  method: "SetParameterValues",
  params: { ParameterList: { "Device.": { X: 1, Y: "two" } }, ParameterKey: "k" },
};
const reboot = { method: "Reboot", params: { CommandKey: "k" } };

function faultText(content: string): string {
  return envelopeText(`<s:Fault>${content}</s:Fault>`, { id: null });
}

function detail(content: string): string {
  return `<faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail>${content}</detail>`;
}

function cwmp(code: string, text = "<FaultString>no</FaultString>", more = ""): string {
  return `<cwmp:Fault><FaultCode>${code}</FaultCode>${text}${more}</cwmp:Fault>`;
}

function refusal(name: string, code: number, text = ""): string {
  return `<ParameterName>${name}</ParameterName><FaultCode>${code}</FaultCode><FaultString>${text}</FaultString>`;
}

const withoutHeader: readonly (readonly [request: OperationRequest, code: number])[] = [
  [read, 9005],
  [write, 9007],
  [reboot, 9002],
];
for (const [request, code] of withoutHeader) {
  const { method } = "method" in request ? request : read;
  test(`a Fault without a header ends the ${method} that is out [QUIRKS-MESSAGE-12]`, async () => {
    await ends(request, faultText(detail(cwmp(String(code)))), { code, message: "no" });
  });
}

const shapes: readonly (readonly [kind: string, content: string, fault: Fault])[] = [
  ["without a FaultString", detail(cwmp("9005", "")), { code: 9005, message: "Invalid parameter name" }],
  [
    "with an empty FaultString",
    detail(cwmp("9005", "<FaultString/>")),
    { code: 9005, message: "Invalid parameter name" },
  ],
  [
    "without its detail",
    "<faultcode>Server</faultcode><faultstring>out of memory</faultstring>",
    { code: 9002, message: "out of memory" },
  ],
  ["without anything in it", "", { code: 9002, message: "Internal error" }],
  [
    "whose code stands in the detail itself",
    detail("<FaultCode>9003</FaultCode><FaultString>no</FaultString>"),
    { code: 9003, message: "no" },
  ],
  [
    "whose detail has a prefix, and its parts types",
    `<s:faultcode>Client</s:faultcode><s:faultstring xsi:type="xsd:string">CWMP FAULT</s:faultstring><s:detail><cwmp:Fault><FaultCode xsi:type="xsd:unsignedInt"> 9003 </FaultCode><FaultString>no</FaultString></cwmp:Fault></s:detail>`,
    { code: 9003, message: "no" },
  ],
  ["whose code is no number", detail(cwmp("9oo3")), { code: 9002, message: "no" }],
  [
    "in a namespace of its own",
    detail(cwmp("9001").replaceAll("cwmp:", "x:")),
    { code: 9001, message: "no" },
  ],
];
for (const [kind, content, fault] of shapes) {
  test(`a Fault ${kind} ends the call that is out [QUIRKS-MESSAGE-12]`, async () => {
    await ends(reboot, faultText(content), fault);
  });
}

const X = { ParameterName: "Device.X", FaultCode: 9007, FaultString: "no number" };
const Y = { ParameterName: "Device.Y", FaultCode: 9008, FaultString: "" };
const [ofX, ofY] = [refusal("Device.X", 9007, "no number"), refusal("Device.Y", 9008)];
const struct = "SetParameterValuesFault";
const ofValues: readonly (readonly [kind: string, parts: string, faults: readonly (typeof X)[]])[] = [
  ["does not say for which parameter", "", []],
  [
    "says it for each parameter side by side",
    `<${struct}>${ofX}</${struct}><${struct}>${ofY}</${struct}>`,
    [X, Y],
  ],
  [
    "says it for each parameter in a list of the same name",
    `<${struct} e:arrayType="x[2]"><${struct}>${ofX}</${struct}><${struct}>${ofY}</${struct}></${struct}>`,
    [X, Y],
  ],
  ["has an empty list of parameters", `<${struct}></${struct}>`, []],
];
for (const [kind, parts, faults] of ofValues) {
  test(`a refusal of SetParameterValues that ${kind} is shown as it came, and nothing counts as set [QUIRKS-MESSAGE-12]`, async () => {
    const data = faults.length === 0 ? {} : { data: { SetParameterValuesFault: [...faults] } };
    const device = await ends(write, faultText(detail(cwmp("9008", undefined, parts))), {
      code: 9008,
      message: "no",
      ...data,
    });
    assert.deepEqual(await valuesOf(server, device, "Device."), {});
  });
}

test("an empty list in answer to a name that the device does not know is an answer", async () => {
  await using device = await oddDevice(server);
  const { operation } = await called(device, read);
  const list = '<ParameterList soap_enc:arrayType="cwmp:ParameterValueStruct[0]"/>';
  const answer = `<cwmp:GetParameterValuesResponse>${list}</cwmp:GetParameterValuesResponse>`;
  assertNothing(await device.post(envelopeText(answer, { id: null })));
  assert.deepEqual(await device.kept(operation), {
    state: "done",
    attempts: 1,
    result: { ParameterList: {} },
  });
  assert.deepEqual(await valuesOf(server, device, "Device."), {});
});

/** Fails unless that Fault ends the call, and the next call follows it in the same session. */
async function ends(request: OperationRequest, text: string, fault: Fault) {
  await using device = await oddDevice(server);
  const { operation } = await called(device, request);
  const next = await device.wanted({ method: "Reboot", params: { CommandKey: "next" } });
  assert.equal(readCall(await device.post(text)).method, "Reboot");
  const { state, fault: kept, attempts } = await server.client.operations.get(operation.id);
  assert.deepEqual({ state, fault: kept, attempts }, { state: "faulted", fault, attempts: 1 });
  assertNothing(await device.post(envelopeText("<cwmp:RebootResponse/>", { id: null })));
  assert.equal((await device.kept(next)).state, "done");
  return device;
}
