import assert from "node:assert/strict";
import { test } from "node:test";
import { ScriptedAcs, tempDir } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import { TransferError } from "../transfer.ts";
import { deviceId, eventsOf, openDeviceBench, until } from "./classic-device.fixture.ts";
import type { DeviceBench } from "./classic-device.fixture.ts";
import { requestConnection } from "./request-connection.fixture.ts";
import { stateFile } from "./state-file.ts";

test("a device that starts says BOOTSTRAP and BOOT, and what every Inform must say [CWMP-SESSION-1, CWMP-INFORM-1]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  const inform = await it.session();
  assert.deepEqual(eventsOf(inform), ["0 BOOTSTRAP", "1 BOOT"]);
  assert.deepEqual(inform.DeviceId, deviceId);
  assert.equal(inform.ParameterList["Device.DeviceInfo."]?.["SoftwareVersion"], "1.0");
  assert.equal(inform.ParameterList["Device.ManagementServer."]?.["ConnectionRequestURL"], it.device.address);
});

test("the RPCs of the ACS are served in the session, one after the other", async () => {
  await using it = await openDeviceBench();
  it.acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } });
  it.acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.Y"] } });
  await it.start();
  const read = await it.acs.settled.take();
  assert.ok(read.method === "GetParameterValues");
  assert.equal(read.result.ParameterList["Device."]?.["X"], "x");
  const refused = await it.acs.settled.take();
  assert.ok(refused.method === "Fault");
  assert.equal(refused.fault.code, 9005);
  await it.session();
});

test("PERIODIC comes at the interval that the ACS set last [CWMP-EVENT-11]", async () => {
  await using it = await openDeviceBench();
  it.acs.call({
    method: "SetParameterValues",
    params: { ParameterList: { "Device.ManagementServer.": { PeriodicInformInterval: 60 } } },
  });
  await it.start();
  await it.session();
  await it.clock.advance(59_000);
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC"]);
});

test("a failed session is tried again by the retry table, with its events and a RetryCount [CWMP-RETRY-4, CWMP-EVENT-8]", async () => {
  await using it = await openDeviceBench();
  it.acs.refuse(503, 503);
  await it.start();
  await until(() => it.activities.at(-1)?.type === "session-failed");
  assert.deepEqual(it.activities.at(-1), {
    type: "session-failed",
    reason: "the ACS answers with HTTP status 503",
    retryInMs: 5_000,
  });
  await it.clock.advance(5_000);
  await until(() => it.activities.filter(({ type }) => type === "session-failed").length === 2);
  await it.clock.advance(9_999);
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1);
  const inform = await it.session();
  assert.equal(inform.RetryCount, 2);
  assert.deepEqual(eventsOf(inform), ["0 BOOTSTRAP", "1 BOOT"]);
});

test("a connection request opens a session within milliseconds, even while a retry waits [CWMP-CONNREQ-5]", async () => {
  await using it = await openDeviceBench();
  await it.start({ username: "cpe", password: "pw" });
  it.model.set("Device.ManagementServer.ConnectionRequestUsername", "acs");
  it.model.set("Device.ManagementServer.ConnectionRequestPassword", "let me in");
  await it.session();
  it.acs.refuse(500);
  await it.clock.advance(300_000);
  await until(() => it.activities.at(-1)?.type === "session-failed");
  assert.equal(await requestConnection(it.device.address, { username: "acs", password: "wrong" }), 401);
  assert.equal(await requestConnection(it.device.address, { username: "acs", password: "let me in" }), 200);
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC", "6 CONNECTION REQUEST"]);
});

test("a change that the ACS asked to hear of is told at once, with its new value [CWMP-NOTIFY-2]", async () => {
  await using it = await openDeviceBench(
    dataModel({ "Device.Temperature": { type: "int", value: 20, notification: 2 } }),
  );
  await it.start();
  await it.session();
  it.model.set("Device.Temperature", 90);
  const inform = await it.session();
  assert.deepEqual(eventsOf(inform), ["4 VALUE CHANGE"]);
  assert.deepEqual(inform.ParameterList["Device."]?.["Temperature"], ["90", "int"]);
});

test("what the ACS itself changed is not told to it [CWMP-NOTIFY-4]", async () => {
  const name = { type: "string", value: "a", writable: true, notification: 2 } as const;
  await using it = await openDeviceBench(dataModel({ "Device.Name": name }));
  it.acs.call({ method: "SetParameterValues", params: { ParameterList: { "Device.": { Name: "b" } } } });
  await it.start();
  await it.session();
  await it.device.informNow();
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC"]);
});

test("connection requests that come during a session make one more session [CWMP-CONNREQ-7, CWMP-CONNREQ-9]", async () => {
  const secret = { username: "acs", password: "let me in" };
  const asked = Promise.withResolvers<number[]>();
  await using it = await openDeviceBench();
  it.model.supplement({
    "Device.ManagementServer.ConnectionRequestUsername": secret.username,
    "Device.ManagementServer.ConnectionRequestPassword": secret.password,
  });
  it.acs.call({ method: "X_00D09E_Wait", params: {} });
  await it.start({
    handlers: {
      X_00D09E_Wait: async () => {
        const { address } = it.device;
        asked.resolve([await requestConnection(address, secret), await requestConnection(address, secret)]);
        return { result: {} };
      },
    },
  });
  assert.deepEqual(await asked.promise, [200, 200]);
  await it.session();
  assert.deepEqual(eventsOf(await it.session()), ["6 CONNECTION REQUEST"]);
  await it.device.informNow();
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC"]);
});

test("a passive change waits for the next session [CWMP-NOTIFY-2]", async () => {
  await using it = await openDeviceBench(
    dataModel({ "Device.Name": { type: "string", value: "a", notification: 1 } }),
  );
  await it.start();
  await it.session();
  it.model.set("Device.Name", "b");
  await it.clock.advance(299_999);
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1);
  assert.deepEqual(eventsOf(await it.session()), ["4 VALUE CHANGE", "2 PERIODIC"]);
});

test("Reboot is answered, then the device is away, then it says BOOT and M Reboot [CWMP-RPC-17]", async () => {
  await using it = await openDeviceBench();
  it.acs.call({ method: "Reboot", params: { CommandKey: "r1" } });
  await it.start({ restartMs: 10_000 });
  await it.session();
  assert.equal((await it.acs.settled.take()).method, "Reboot");
  await until(() => it.activities.at(-1)?.type === "restarting");
  assert.equal(await requestConnection(it.device.address, { username: "", password: "" }), 401);
  await it.clock.advance(10_000);
  assert.deepEqual(eventsOf(await it.session()), ["M Reboot r1", "1 BOOT"]);
});

test("a factory reset gives the declared values back and bootstraps again [CWMP-RPC-18, CWMP-EVENT-6]", async () => {
  await using it = await openDeviceBench(
    dataModel({ "Device.Name": { type: "string", value: "a", writable: true } }),
  );
  it.acs.call({ method: "SetParameterValues", params: { ParameterList: { "Device.": { Name: "b" } } } });
  it.acs.call({ method: "FactoryReset", params: {} });
  await it.start();
  await it.session();
  await until(() => it.activities.at(-1)?.type === "restarting");
  assert.equal(it.model.get("Device.Name"), "a");
  await it.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.session()), ["0 BOOTSTRAP", "1 BOOT"]);
});

test("ScheduleInform is kept to the second [CWMP-RPC-19, CWMP-EVENT-12]", async () => {
  await using it = await openDeviceBench();
  it.acs.call({ method: "ScheduleInform", params: { DelaySeconds: 30, CommandKey: "s" } });
  await it.start();
  await it.session();
  await it.clock.advance(30_000);
  assert.deepEqual(eventsOf(await it.session()), ["3 SCHEDULED", "M ScheduleInform s"]);
});

test("a download ends with a TransferComplete that is repeated until it is answered [CWMP-RPC-12, CWMP-RPC-21]", async () => {
  await using it = await openDeviceBench();
  const params = { CommandKey: "d", FileType: "3 Vendor Configuration File", URL: "http://files/x" };
  it.acs.call({ method: "Download", params });
  const moved: string[] = [];
  await it.start({
    transfer: async ({ URL }) => {
      moved.push(URL);
      throw new TransferError(9016);
    },
  });
  await it.session();
  await it.clock.advance(0);
  const inform = await it.acs.informs.take();
  assert.deepEqual(eventsOf(inform), ["M Download d", "7 TRANSFER COMPLETE"]);
  const complete = await it.acs.requests.take();
  assert.ok(complete.method === "TransferComplete");
  assert.equal(complete.params.CommandKey, "d");
  assert.equal(complete.params.FaultStruct.FaultCode, 9016);
  assert.deepEqual(moved, ["http://files/x"]);
  await it.acs.endings.take();
  await it.device.informNow();
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC"]);
});

test("what was scheduled survives a restart, and more than 16 is too much", async () => {
  await using it = await openDeviceBench();
  for (let count = 1; count <= 17; count++) {
    it.acs.call({ method: "ScheduleInform", params: { DelaySeconds: 60, CommandKey: `s${count}` } });
  }
  it.acs.call({ method: "Reboot", params: {} });
  await it.start();
  await it.session();
  for (let count = 1; count <= 16; count++)
    assert.equal((await it.acs.settled.take()).method, "ScheduleInform");
  const last = await it.acs.settled.take();
  assert.equal(last.method === "Fault" && last.fault.code, 9004);
  await until(() => it.activities.at(-1)?.type === "restarting");
  await it.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.session()), ["M Reboot", "1 BOOT"]);
  await it.clock.advance(59_000);
  const told = new Set<string>();
  while (told.size < 17) for (const event of eventsOf(await it.session())) told.add(event);
  assert.ok(told.has("M ScheduleInform s16"));
});

test("new firmware is told of after the restart into it", async () => {
  await using it = await openDeviceBench();
  const params = { CommandKey: "f", FileType: "1 Firmware Upgrade Image", URL: "http://files/f" };
  it.acs.call({ method: "Download", params });
  await it.start({ transfer: async () => undefined });
  await it.session();
  await it.clock.advance(0);
  await until(() => it.activities.at(-1)?.type === "restarting");
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.session()), ["M Download f", "7 TRANSFER COMPLETE", "1 BOOT"]);
  assert.equal((await it.acs.requests.take()).method, "TransferComplete");
});

test("what the ACS said of credentials is used from the next session on, and survives a new start of the program", async () => {
  using directory = tempDir();
  const credentials = { username: "fresh", password: "from the ACS" };
  await using first = await openDeviceBench();
  first.acs.call({
    method: "SetParameterValues",
    params: {
      ParameterList: { "Device.ManagementServer.": { Username: "fresh", Password: "from the ACS" } },
      ParameterKey: "pk",
    },
  });
  await first.start({ state: stateFile(directory.file("state")), connectionRequests: "not" });
  await first.session();
  await first.device.close();

  await using second = await openDeviceBench(dataModel({ "Device.X": "x" }), new ScriptedAcs(credentials));
  const state = stateFile(directory.file("state"));
  const loaded = state.load();
  assert.ok(loaded !== undefined);
  state.save({
    model: {
      ...loaded.model,
      values: { ...loaded.model.values, "Device.ManagementServer.URL": second.acs.url },
    },
    agenda: { ...loaded.agenda, bootstrappedAt: second.acs.url },
  });
  await second.start({ state, connectionRequests: "not" });
  const inform = await second.session();
  assert.deepEqual(eventsOf(inform), ["1 BOOT"]);
  assert.equal(inform.ParameterList["Device.ManagementServer."]?.["ParameterKey"], "pk");
});

test("another ACS hears BOOTSTRAP [CWMP-EVENT-6]", async () => {
  await using it = await openDeviceBench();
  await using other = await new ScriptedAcs().open();
  it.acs.call({
    method: "SetParameterValues",
    params: { ParameterList: { "Device.ManagementServer.": { URL: other.url } } },
  });
  await it.start();
  await it.session();
  await it.device.informNow();
  assert.deepEqual(eventsOf(await other.informs.take()), ["0 BOOTSTRAP"]);
});

test("while the ACS holds requests the device only answers [CWMP-SESSION-7]", async () => {
  await using it = await openDeviceBench();
  it.acs.call({
    method: "Upload",
    params: { CommandKey: "u", FileType: "2 Vendor Log File", URL: "http://files/log" },
  });
  await it.start({ transfer: async () => undefined });
  await it.session();
  it.acs.say({ holdRequests: true });
  await it.clock.advance(0);
  assert.deepEqual(eventsOf(await it.session()), ["M Upload u", "7 TRANSFER COMPLETE"]);
  assert.equal(it.acs.requests.untaken, 0);
  it.acs.say({});
  it.acs.call({ method: "GetRPCMethods", params: {} });
  await pause(it);
  assert.equal((await it.acs.requests.take()).method, "TransferComplete");
});

/** The time after which a device that is held asks again; besides that only its periodic Inform waits. */
async function pause({ clock }: DeviceBench): Promise<void> {
  await until(() => clock.waiting === 2);
  await clock.advance(1_000);
}

test("while the ACS holds requests, an empty answer leaves the session open, and so does the next [CWMP-SESSION-8]", async () => {
  await using it = await openDeviceBench();
  it.acs.say({ holdRequests: true });
  await it.start();
  await it.session();
  for (let pauses = 0; pauses < 3; pauses += 1) {
    await pause(it);
    await it.acs.endings.take();
  }
  assert.equal(it.activities.at(-1)?.type, "session-opened");
  it.acs.say({});
  it.acs.call({ method: "GetRPCMethods", params: {} });
  await pause(it);
  assert.equal((await it.acs.settled.take()).method, "GetRPCMethods");
  await until(() => it.activities.at(-1)?.type === "session-ended");
  assert.equal(it.acs.informs.untaken, 0);
});

test("an ACS that only holds the device is as good as silent: the session has failed", async () => {
  await using it = await openDeviceBench();
  it.acs.say({ holdRequests: true });
  await it.start();
  for (let pauses = 0; pauses < 30; pauses += 1) await pause(it);
  await until(() => it.activities.at(-1)?.type === "session-failed");
});

test("a device that is held can be switched off", async () => {
  await using it = await openDeviceBench();
  it.acs.say({ holdRequests: true });
  await it.start();
  await it.session();
  await it.device.close();
});
