import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { groupedValue } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";
import type { Activity } from "../activity.ts";
import { dataModel } from "../data-model.ts";
import { eventsOf, openDeviceBench, until } from "./classic-device.fixture.ts";

const FORCED = [
  "RootDataModelVersion",
  "DeviceInfo.HardwareVersion",
  "DeviceInfo.SoftwareVersion",
  "DeviceInfo.ProvisioningCode",
  "ManagementServer.ParameterKey",
  "ManagementServer.ConnectionRequestURL",
  "ManagementServer.AliasBasedAddressing",
];

test("every Inform has what TR-181 forces into it, and asks for one envelope at a time [CWMP-INFORM-1, CWMP-SESSION-12]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  const first = await it.session();
  await it.device.informNow();
  for (const { ParameterList, MaxEnvelopes } of [first, await it.session()]) {
    for (const path of FORCED)
      assert.notEqual(groupedValue(ParameterList, `Device.${path}`), undefined, path);
    assert.equal(MaxEnvelopes, 1);
  }
});

for (const path of ["Device.DeviceInfo.SoftwareVersion", "Device.DeviceInfo.ProvisioningCode"]) {
  test(`a change of ${path} is told at once, whatever the ACS wants to hear of it [CWMP-INFORM-2]`, async () => {
    await using it = await openDeviceBench();
    const off = { "": { [path]: { Notification: 0 } } };
    it.acs.call({ method: "SetParameterAttributes", params: { ParameterList: off } });
    await it.start();
    await it.session();
    assert.equal((await it.acs.settled.take()).method, "SetParameterAttributes");
    it.model.set(path, "changed");
    const inform = await it.session();
    assert.deepEqual(eventsOf(inform), ["4 VALUE CHANGE"]);
    assert.equal(groupedValue(inform.ParameterList, path), "changed");
  });
}

for (const [notification, isToldAtOnce, isTold] of [
  [0, false, false],
  [1, false, true],
  [2, true, true],
] as const) {
  const when = isToldAtOnce ? "at once" : isTold ? "in the next Inform" : "never";
  test(`a change under the Notification ${notification} is told ${when} [CWMP-NOTIFY-1, CWMP-NOTIFY-2]`, async () => {
    await using it = await openDeviceBench(dataModel({ "Device.Name": { type: "string", notification } }));
    await it.start();
    await it.session();
    await until(() => it.activities.at(-1)?.type === "session-ended");
    it.model.set("Device.Name", "changed");
    await setImmediate();
    assert.equal(it.activities.at(-1)?.type === "session-opened", isToldAtOnce);
    if (!isToldAtOnce) await it.device.informNow();
    assert.equal(eventsOf(await it.session()).includes("4 VALUE CHANGE"), isTold);
  });
}

test("the RetryCount is 0 again after a session that went well [CWMP-RETRY-4]", async () => {
  await using it = await openDeviceBench();
  it.acs.refuse(503);
  await it.start();
  await until(() => it.activities.at(-1)?.type === "session-failed");
  await it.clock.advance(5_000);
  assert.equal((await it.session()).RetryCount, 1);
  await it.device.informNow();
  assert.equal((await it.session()).RetryCount, 0);
});

test("the RetryCount is 0 again after a reboot, though the session before it failed [CWMP-RETRY-4]", async () => {
  await using it = await openDeviceBench();
  it.acs.call({ method: "Reboot", params: { CommandKey: "r" } });
  const types: Activity["type"][] = [];
  await it.start({
    onActivity: ({ type }) => {
      types.push(type);
      if (type === "rpc-served") it.acs.refuse(500);
    },
  });
  await it.acs.informs.take();
  await until(() => types.at(-1) === "restarting");
  assert.ok(types.includes("session-failed"));
  await it.clock.advance(1_000);
  const inform = await it.session();
  assert.deepEqual(eventsOf(inform), ["M Reboot r", "1 BOOT"]);
  assert.equal(inform.RetryCount, 0);
});

test("what comes up during a session waits for its end: there is one session at a time [CWMP-SESSION-3]", async () => {
  await using it = await openDeviceBench();
  it.acs.call({ method: "X_00D09E_Hurry", params: {} });
  const told = Promise.withResolvers<undefined>();
  await it.start({
    handlers: {
      X_00D09E_Hurry: () => {
        it.device.informNow("8 DIAGNOSTICS COMPLETE").then(() => told.resolve(undefined), told.reject);
        return { result: {} };
      },
    },
  });
  await told.promise;
  assert.deepEqual(
    it.activities.map(({ type }) => type).filter((type) => type.startsWith("session-")),
    ["session-opened", "session-ended", "session-opened", "session-ended"],
  );
});

test("PERIODIC is not said while PeriodicInformEnable is false [CWMP-EVENT-11]", async () => {
  const enable = "Device.ManagementServer.PeriodicInformEnable";
  await using it = await openDeviceBench(dataModel({ [enable]: { type: "boolean", writable: true } }));
  await it.start();
  await it.session();
  await it.clock.advance(86_400_000);
  it.model.set(enable, true);
  await it.clock.advance(300_000);
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC"]);
  assert.equal(it.acs.informs.untaken, 0);
});

test("an upload ends with a TransferComplete [CWMP-RPC-13]", async () => {
  await using it = await openDeviceBench();
  const params = { CommandKey: "u", FileType: "2 Vendor Log File", URL: "http://files/log" };
  it.acs.call({ method: "Upload", params });
  await it.start({ transfer: async () => undefined });
  await it.session();
  const accepted = await it.acs.settled.take();
  assert.equal(accepted.method === "Upload" && accepted.result.Status, 1);
  await it.clock.advance(0);
  assert.deepEqual(eventsOf(await it.session()), ["M Upload u", "7 TRANSFER COMPLETE"]);
  const complete = await it.acs.requests.take();
  assert.ok(complete.method === "TransferComplete");
  assert.deepEqual([complete.params.CommandKey, complete.params.FaultStruct.FaultCode], ["u", 0]);
});

test("a call of far more than 32 768 bytes is served [CWMP-SIZE-1]", async () => {
  await using it = await openDeviceBench(dataModel({ "Device.Log": { type: "string", writable: true } }));
  const log = "x".repeat(100_000);
  it.acs.call({ method: "SetParameterValues", params: { ParameterList: { "Device.": { Log: log } } } });
  await it.start();
  await it.session();
  assert.equal((await it.acs.settled.take()).method, "SetParameterValues");
  assert.equal(it.model.get("Device.Log"), log);
});

test("an ACS that is silent for 30 s has failed the session, which is tried again [CWMP-SESSION-10]", async (t) => {
  const posts = new Arrivals<true>("a POST");
  const silent = createServer(() => posts.add(true)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close().closeAllConnections());
  const address = silent.address();
  assert.ok(typeof address === "object" && address !== null);
  const patience = new AbortController();
  const asked: number[] = [];
  t.mock.method(AbortSignal, "timeout", (ms: number) => {
    asked.push(ms);
    return patience.signal;
  });
  await using it = await openDeviceBench();
  await it.start({ acsUrl: `http://127.0.0.1:${address.port}/`, connectionRequests: "not" });
  await posts.take();
  assert.deepEqual(asked, [30_000]);
  t.mock.restoreAll();
  patience.abort(new Error("30 s are over"));
  await until(() => it.activities.at(-1)?.type === "session-failed");
  await it.clock.advance(5_000);
  await posts.take();
});
