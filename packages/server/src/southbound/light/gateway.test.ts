import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, MAKER, openLightBench } from "../../../test/light-gateway-bench.ts";

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } };
const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const transfer = {
  CommandKey: "k",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};
const inform = {
  DeviceId: { ...MAKER, SerialNumber: "S1" },
  Event: [{ EventCode: "1 BOOT" }, { EventCode: "M Reboot", CommandKey: "k" }],
  MaxEnvelopes: 1,
  CurrentTime: "2026-01-01T00:00:00Z",
  RetryCount: 0,
  ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "2.1" } },
};

test("a conversation: Attach, a call, and its answer [LIGHT-ATTACH-2, LIGHT-TOKEN-2]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.connect();
  assert.equal(device.socket.protocol, "cwmp.json");
  assert.equal(device.socket.extensions, "");
  const { at, connection, ...announced } = announcement;
  assert.match(connection, /^[0-9a-f]{32}$/);
  assert.equal(at, bench.clock.now());
  assert.deepEqual(announced, {
    device: "001122-Box-S1",
    gateway: bench.gateway.id,
    address: "127.0.0.1",
    subprotocol: "cwmp.json",
    credentialVersion: announced.credentialVersion,
  });

  const attached = await device.ask("Attach", { MaxInFlight: 8, ReplayWindow: 16 });
  assert.deepEqual(attached, {
    jsonrpc: "2.0",
    id: "d1",
    result: {
      Session: connection,
      Token: "t",
      ExpiresIn: 86_400,
      PingInterval: 30,
      MaxInFlight: 16,
      MaxMessageBytes: 1_048_576,
    },
  });
  assert.deepEqual(await bench.engine.attaches.take(), {
    device: announcement.device,
    connection,
    generation: 1,
    maxInFlight: 8,
    replayWindow: 16,
    authTime: 1_000,
  });

  const called = bench.engine.call(announcement, "a1", read);
  assert.deepEqual(await device.hear(), { jsonrpc: "2.0", id: "a1", ...read });
  const values = { "Device.DeviceInfo.": { UpTime: 86_400 } };
  device.say({ id: "a1", result: { ParameterList: values } });
  assert.deepEqual(asJson(await called), {
    type: "answered",
    outcome: { result: { ParameterList: values } },
  });
});

test("an Inform is answered once it is stored, and an Attach that comes at once waits for that [LIGHT-EVENT-2]", async () => {
  const stored = Promise.withResolvers<undefined>();
  await using bench = await openLightBench({
    engine: {
      inform: async () => {
        await stored.promise;
        return { type: "stored" };
      },
    },
  });
  const { device, announcement } = await bench.connect();
  device.say({ id: 1, method: "Inform", params: inform });
  device.say({ id: 2, method: "Attach" });
  const { inform: name, ...informed } = await bench.engine.informs.take();
  assert.match(name, /^[0-9a-f]{32}$/);
  assert.deepEqual(asJson(informed), {
    device: announcement.device,
    connection: announcement.connection,
    generation: 1,
    at: bench.clock.now(),
    events: [
      { code: "1 BOOT", commandKey: "" },
      { code: "M Reboot", commandKey: "k" },
    ],
    parameters: { "Device.DeviceInfo.": { SoftwareVersion: "2.1" } },
  });
  await device.settled();
  assert.equal(bench.engine.attaches.untaken, 0);
  assert.equal(device.heard.untaken, 0);
  stored.resolve(undefined);
  assert.deepEqual(await device.hear(), { jsonrpc: "2.0", id: 1, result: { MaxEnvelopes: 1 } });
  assert.equal((await device.hear()).id, 2);
});

test("the same Inform sent again has the same name, another under its id has not", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.connect();
  const names: string[] = [];
  for (const params of [inform, inform, { ...inform, RetryCount: 1 }]) {
    device.say({ id: "d1", method: "Inform", params });
    names.push((await bench.engine.informs.take()).inform);
  }
  assert.equal(names[0], names[1]);
  assert.notEqual(names[1], names[2]);
});

test("nothing is called before the device's Attach or five seconds, and the engine hears of it then [LIGHT-ATTACH-1, LIGHT-ATTACH-4]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.connect();
  assert.deepEqual(await bench.engine.call(announcement, "a1", reboot), { type: "not-sent" });
  await bench.clock.advance(4_999);
  assert.equal(bench.engine.attaches.untaken, 0);
  await bench.clock.advance(1);
  const { maxInFlight, replayWindow } = await bench.engine.attaches.take();
  assert.deepEqual({ maxInFlight, replayWindow }, { maxInFlight: 1, replayWindow: 0 });
  const called = bench.engine.call(announcement, "a2", reboot);
  assert.equal((await device.hear()).id, "a2");
  device.say({ id: "a2", result: {} });
  assert.equal((await called).type, "answered");
});

test("a first Inform gives the device five seconds more for its Attach [LIGHT-EVENT-1]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.connect();
  await bench.clock.advance(4_000);
  await device.ask("Inform", inform);
  await bench.clock.advance(4_999);
  assert.equal(bench.engine.attaches.untaken, 0);
  await bench.clock.advance(1);
  await bench.engine.attaches.take();
});

test("a call that the engine makes while it answers the Attach leaves after the answer", async () => {
  const early: { call?: () => void } = {};
  await using bench = await openLightBench({
    engine: {
      attach: async () => {
        early.call?.();
        return { type: "attached", token: { token: "t", expiresIn: 60 } };
      },
    },
  });
  const { device, announcement } = await bench.connect();
  early.call = () => void bench.engine.call(announcement, "a1", reboot);
  device.say({ id: "d1", method: "Attach" });
  assert.equal((await device.hear()).id, "d1");
  assert.equal((await device.hear()).id, "a1");
});

test("another Attach renews token and limits; what it leaves out has its default again [LIGHT-ATTACH-3]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach("S1", { MaxInFlight: 8, ReplayWindow: 4 });
  const again = await device.ask("Attach", { ReplayWindow: 2 });
  assert.equal(again.result?.["Token"], "t");
  const { maxInFlight, replayWindow } = await bench.engine.attaches.take();
  assert.deepEqual({ maxInFlight, replayWindow }, { maxInFlight: 1, replayWindow: 2 });
});

test("several calls are out at a time, and are answered in any order", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxInFlight: 2 });
  const first = bench.engine.call(announcement, "a1", read);
  const second = bench.engine.call(announcement, "a2", reboot);
  assert.deepEqual([(await device.hear()).id, (await device.hear()).id], ["a1", "a2"]);
  device.say({ id: "a2", result: {} });
  assert.deepEqual(asJson(await second), { type: "answered", outcome: { result: {} } });
  device.say({ id: "a1", error: { code: 9002, message: "no" } });
  assert.deepEqual(asJson(await first), {
    type: "answered",
    outcome: { fault: { code: 9002, message: "no" } },
  });
});

test("the values of full paths are asked for alone, and come back with their names [LIGHT-LIST-7]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const params = { ParameterNames: ["Device.A.X", "Device.A.Y"] };
  const called = bench.engine.call(announcement, "a1", { method: "GetParameterValues", params });
  assert.deepEqual((await device.hear()).params, { ...params, Shape: "values" });
  device.say({ id: "a1", result: { Values: [36, "b"] } });
  const ParameterList = { "Device.A.": { X: 36, Y: "b" } };
  assert.deepEqual(asJson(await called), { type: "answered", outcome: { result: { ParameterList } } });
});

test("a call that is longer than the device takes is not sent: fault 9004 names both sizes [LIGHT-ATTACH-5]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach("S1", { MaxMessageBytes: 100 });
  const write = { method: "X_001122_Write", params: { Text: "é".repeat(50) } };
  const outcome = await bench.engine.call(announcement, "a1", write);
  const bytes = Buffer.byteLength(JSON.stringify({ jsonrpc: "2.0", id: "a1", ...write }));
  const message = `Resources exceeded: the call has ${bytes} bytes, and the device takes 100`;
  assert.deepEqual(outcome, { type: "answered", outcome: { fault: { code: 9004, message } } });
  await device.settled();
  assert.equal(device.heard.untaken, 0);
});

test("an answer that cannot be understood ends its call with the reason", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = bench.engine.call(announcement, "a1", read);
  await device.hear();
  device.say({ id: "a1", result: { ParameterList: [] } });
  const outcome = await called;
  assert.equal(outcome.type, "no-answer");
  assert.equal(outcome.owed, undefined);
  assert.match(outcome.detail, /cannot be understood: [$]\.result\.ParameterList/);
});

test("a call that is not answered in 60 s is over; its late answer goes to the engine [LIGHT-LOSS-2]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  await bench.clock.advance(60_000);
  const detail = "the device gave no answer within 60 s";
  assert.deepEqual(await called, { type: "no-answer", detail });
  device.say({ id: "a1", result: {} });
  const { device: key, connection, generation, ended } = await bench.engine.answers.take();
  assert.deepEqual({ key, connection, generation }, { key: announcement.device, connection, generation: 1 });
  assert.deepEqual(asJson(ended), { callId: "a1", outcome: { type: "answered", outcome: { result: {} } } });
});

test("an answer that is owed since an earlier connection goes to the engine as it is; what can be none is dropped [LIGHT-LOSS-2]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  const fault = { code: 9002, message: "no" };
  device.say({ id: 7, result: {} });
  device.say({ id: "a0", result: 7 });
  device.say({ id: "a1", result: { Any: ["thing"] } });
  device.say({ id: "a2", error: fault });
  const late = [await bench.engine.answers.take(), await bench.engine.answers.take()];
  assert.deepEqual(asJson(late.map(({ ended }) => ended)), [
    { callId: "a1", outcome: { type: "answered", outcome: { result: { Any: ["thing"] } } } },
    { callId: "a2", outcome: { type: "answered", outcome: { fault } } },
  ]);
});

test("a call that is asked again while it is out is made once, and ends for both who asked", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  const called = [1, 2].map(() => bench.engine.call(announcement, "a1", reboot));
  await device.hear();
  await device.settled();
  assert.equal(device.heard.untaken, 0);
  device.say({ id: "a1", result: {} });
  assert.deepEqual(
    (await Promise.all(called)).map(({ type }) => type),
    ["answered", "answered"],
  );
});

test("a call of what is no RPC fails for the one who makes it, and the connection goes on", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  await assert.rejects(bench.engine.call(announcement, "a1", { method: "Dance", params: {} }), {
    name: "RequestFailedError",
  });
  const called = bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  device.say({ id: "a1", result: {} });
  assert.equal((await called).type, "answered");
});

test("a report is answered once it is stored, with the rights of the token", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.attach();
  assert.deepEqual(await device.ask("TransferComplete", transfer), { jsonrpc: "2.0", id: "d2", result: {} });
  const report = await bench.engine.reports.take();
  assert.deepEqual(asJson(report), {
    device: announcement.device,
    connection: announcement.connection,
    credentialVersion: announcement.credentialVersion,
    at: bench.clock.now(),
    method: "TransferComplete",
    params: transfer,
  });
});

test("what cannot be stored now is to be sent again", async () => {
  await using bench = await openLightBench({
    engine: { report: async () => ({ type: "superseded" }), inform: async () => ({ type: "superseded" }) },
  });
  const { device } = await bench.attach();
  for (const [method, params] of [
    ["TransferComplete", transfer],
    ["Inform", inform],
  ] as const) {
    assert.deepEqual((await device.ask(method, params)).error, { code: 8005, message: "Retry request" });
  }
});

test("an Inform that names another device gets fault 8001, and the connection ends with 4501 [LIGHT-OPEN-9]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.connect();
  const refused = await device.ask("Inform", { ...inform, DeviceId: { ...MAKER, SerialNumber: "S2" } });
  assert.equal(refused.error?.code, 8001);
  assert.deepEqual(await device.ended.take(), { code: 4501, reason: "the Inform is another device's" });
  assert.equal(bench.engine.informs.untaken, 0);
});

test("a device is told which methods it may call, and that it may call no other [LIGHT-TOKEN-8]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  const { result } = await device.ask("GetRPCMethods");
  assert.deepEqual(
    ["Attach", "Inform", "TransferComplete"].filter((name) => !String(result?.["MethodList"]).includes(name)),
    [],
  );
  for (const method of ["Dance", "X_001122_Dance"]) {
    assert.equal((await device.ask(method)).error?.code, -32601, method);
  }
  const malformed = await device.ask("TransferComplete", { CommandKey: 7 });
  assert.equal(malformed.error?.code, -32602);
  assert.match(malformed.error.message, /[$]\.params\.CommandKey/);
});

test("what is no token gets -32600 with the id null, a batch too, and the connection goes on [LIGHT-TOKEN-1, LIGHT-TOKEN-4]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.attach();
  for (const text of ['[{"jsonrpc":"2.0","id":1,"method":"GetRPCMethods"}]', "7", "{}"]) {
    device.say(text);
    const { id, error } = await device.hear();
    assert.equal(id, null);
    assert.equal(error?.code, -32600);
  }
  assert.equal((await device.ask("GetRPCMethods")).error, undefined);
});

test("unconfirmed requests are served and not answered, and do not wait for a call or a request [LIGHT-TOKEN-3]", async () => {
  const slow = Promise.withResolvers<undefined>();
  await using bench = await openLightBench({
    engine: {
      report: async ({ method }) => {
        if (method === "TransferComplete") await slow.promise;
        return { type: "stored" };
      },
    },
  });
  const { device, announcement } = await bench.attach();
  void bench.engine.call(announcement, "a1", reboot);
  await device.hear();
  device.say({ id: "d9", method: "TransferComplete", params: transfer });
  await bench.engine.reports.take();
  for (let count = 0; count < 5; count += 1) {
    device.say({ method: "Kicked", params: { Command: `c${count}` } });
    assert.equal((await bench.engine.reports.take()).params["Command"], `c${count}`);
  }
  device.say({ method: "Dance" });
  await device.settled();
  assert.equal(device.heard.untaken, 0);
  slow.resolve(undefined);
  assert.equal((await device.hear()).id, "d9");
});

test("a device's requests are served several at a time; one too many gets fault 8004 at once [LIGHT-ATTACH-6]", async () => {
  const slow = Promise.withResolvers<undefined>();
  await using bench = await openLightBench({
    bounds: { maxInFlight: 2 },
    engine: {
      report: async () => {
        await slow.promise;
        return { type: "stored" };
      },
    },
  });
  const { device } = await bench.attach();
  for (const id of [1, 2, 3]) device.say({ id, method: "TransferComplete", params: transfer });
  const refused = await device.hear();
  assert.deepEqual([refused.id, refused.error?.code], [3, 8004]);
  slow.resolve(undefined);
  assert.deepEqual([(await device.hear()).id, (await device.hear()).id], [1, 2]);
});
