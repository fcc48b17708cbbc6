import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceRequest } from "@heliograph/protocol";
import { dataModel } from "./data-model.ts";
import { dispatcher } from "./dispatch.ts";
import type { Handlers } from "./dispatch.ts";
import { answered, faulted } from "./outcome.ts";

const model = () =>
  dataModel({
    "Device.ManagementServer.ParameterKey": "",
    "Device.Name": { type: "string", value: "a", writable: true },
    "Device.Port.": { writable: true, row: () => ({ Up: true }) },
  });

async function served(request: DeviceRequest, handlers?: Handlers): Promise<unknown> {
  const dispatch = dispatcher({ model: model(), ...(handlers === undefined ? {} : { handlers }) });
  return JSON.parse(JSON.stringify(await dispatch(request)));
}

const answers: readonly (readonly [request: DeviceRequest, result: unknown])[] = [
  [
    { method: "GetParameterValues", params: { ParameterNames: ["Device.Name"] } },
    { ParameterList: { "Device.": { Name: "a" } } },
  ],
  [
    { method: "GetParameterNames", params: { ParameterPath: "Device.Port.", NextLevel: false } },
    { ParameterList: { "Device.Port.": { "": true } } },
  ],
  [
    { method: "GetParameterNames", params: { NextLevel: true } },
    { ParameterList: { "Device.": { "": false } } },
  ],
  [
    { method: "GetParameterAttributes", params: { ParameterNames: ["Device.Name"] } },
    { ParameterList: { "Device.": { Name: { Notification: 0, AccessList: [] } } } },
  ],
  [
    {
      method: "SetParameterAttributes",
      params: { ParameterList: { "Device.": { Name: { Notification: 1 } } } },
    },
    {},
  ],
  [{ method: "SetParameterValues", params: { ParameterList: { "Device.": { Name: "b" } } } }, { Status: 0 }],
  [
    { method: "AddObject", params: { ObjectName: "Device.Port." } },
    { InstanceNumber: 1, Status: 0 },
  ],
];

for (const [request, result] of answers) {
  test(`${request.method} is served by the data model`, async () => {
    assert.deepEqual(await served(request), { kind: "answer", method: request.method, result });
  });
}

test("a fault of the data model travels as it is", async () => {
  const request = { method: "DeleteObject", params: { ObjectName: "Device.Port.1." } } as const;
  const fault = { code: 9005, message: "Invalid parameter name: Device.Port.1." };
  assert.deepEqual(await served(request), { kind: "fault", fault });
});

test("only what is really served is named, vendor RPCs included [CWMP-RPC-1]", async () => {
  const handlers: Handlers = { Reboot: () => answered({}), X_00D09E_Blink: () => answered({}) };
  assert.deepEqual(await served({ method: "GetRPCMethods", params: {} }, handlers), {
    kind: "answer",
    method: "GetRPCMethods",
    result: {
      MethodList: [
        "GetRPCMethods",
        "SetParameterValues",
        "GetParameterValues",
        "GetParameterNames",
        "SetParameterAttributes",
        "GetParameterAttributes",
        "AddObject",
        "DeleteObject",
        "Reboot",
        "X_00D09E_Blink",
      ],
    },
  });
});

const bare: readonly DeviceRequest[] = [
  { method: "Reboot", params: {} },
  { method: "FactoryReset", params: {} },
  { method: "ScheduleInform", params: { DelaySeconds: 1 } },
  { method: "Download", params: { FileType: "1 Firmware Upgrade Image", URL: "http://x/" } },
  { method: "Upload", params: { FileType: "2 Vendor Log File", URL: "http://x/" } },
  { method: "CancelTransfer", params: { CommandKey: "k" } },
  { method: "GetQueuedTransfers", params: {} },
  { method: "ChangeDUState", params: { Operations: [] } },
  { method: "X_00D09E_Blink", params: {} },
];

for (const request of bare) {
  test(`${request.method} without a handler is refused with 9000`, async () => {
    const reply = await dispatcher({ model: model() })(request);
    assert.equal(reply.kind === "fault" && reply.fault.code, 9000);
  });
}

test("a handler takes the place of the data model", async () => {
  const handlers: Handlers = { SetParameterValues: () => faulted(9001, "locked") };
  const request = {
    method: "SetParameterValues",
    params: { ParameterList: { "Device.": { Name: "b" } } },
  } as const;
  const fault = { code: 9001, message: "Request denied: locked" };
  assert.deepEqual(await served(request, handlers), { kind: "fault", fault });
});

test("a vendor RPC gets its params and gives any object [CWMP-RPC-28]", async () => {
  const handlers: Handlers = { X_00D09E_Blink: ({ Times = 0 }) => answered({ Blinked: Times }) };
  assert.deepEqual(await served({ method: "X_00D09E_Blink", params: { Times: 3 } }, handlers), {
    kind: "answer",
    method: "X_00D09E_Blink",
    result: { Blinked: 3 },
  });
});

test("a handler that throws, at once or later, is an internal error", async () => {
  const thrown: Handlers = {
    Reboot: () => {
      throw new Error("stuck");
    },
  };
  const rejected: Handlers = { Reboot: async () => Promise.reject(new Error("stuck")) };
  for (const handlers of [thrown, rejected]) {
    assert.deepEqual(await served({ method: "Reboot", params: {} }, handlers), {
      kind: "fault",
      fault: { code: 9002, message: "Internal error: stuck" },
    });
  }
});

test("the ParameterKey is kept by a write that goes well, and by no other [CWMP-ADDRESS-5]", async () => {
  const kept = model();
  const dispatch = dispatcher({ model: kept });
  const key = () => kept.get("Device.ManagementServer.ParameterKey");
  await dispatch({
    method: "SetParameterValues",
    params: { ParameterList: { "Device.": { No: 1 } }, ParameterKey: "0" },
  });
  assert.equal(key(), "");
  await dispatch({
    method: "SetParameterValues",
    params: { ParameterList: { "Device.": { Name: "b" } }, ParameterKey: "1" },
  });
  assert.equal(key(), "1");
  await dispatch({ method: "AddObject", params: { ObjectName: "Device.Port.", ParameterKey: "2" } });
  assert.equal(key(), "2");
  await dispatch({ method: "DeleteObject", params: { ObjectName: "Device.Port.1.", ParameterKey: "3" } });
  assert.equal(key(), "3");
  await dispatch({ method: "AddObject", params: { ObjectName: "Device.No.", ParameterKey: "4" } });
  await dispatch({ method: "DeleteObject", params: { ObjectName: "Device.Port.1.", ParameterKey: "5" } });
  assert.equal(key(), "3");
});
