import assert from "node:assert/strict";
import { test } from "node:test";
import { groupedValue, lightNotificationLimits, readLightNotification } from "@heliograph/protocol";
import type { ParameterValues } from "@heliograph/protocol";
import { dataModel } from "../data-model.ts";
import { aliasOfInstance } from "../instances.ts";
import { eventsOf, openDeviceBench, until } from "./classic-device.fixture.ts";
import type { DeviceBench } from "./classic-device.fixture.ts";

const SERVER = "Device.ManagementServer.";

/** The ACS sets something in the session that comes next. */
function willSet(it: DeviceBench, object: string, values: ParameterValues[string]): void {
  const params = { ParameterList: { [object]: values } };
  it.acs.call({ method: "SetParameterValues", params });
}

test("a row that the ACS adds to InformParameter is in the next Inform [CWMP-INFORM-3]", async () => {
  await using it = await openDeviceBench();
  const table = `${SERVER}InformParameter.`;
  it.acs.call({ method: "AddObject", params: { ObjectName: table } });
  willSet(it, `${table}1.`, { ParameterName: "Device.X", EventList: "2 PERIODIC", Enable: true });
  await it.start();
  const first = await it.session();
  assert.equal(groupedValue(first.ParameterList, "Device.X"), undefined);
  await it.device.informNow();
  assert.equal(groupedValue((await it.session()).ParameterList, "Device.X"), "x");
  await it.device.informNow("8 DIAGNOSTICS COMPLETE");
  assert.equal(groupedValue((await it.session()).ParameterList, "Device.X"), undefined);
});

test("every Inform of a gateway of TR-098 has what that forces into it [CWMP-INFORM-6]", async () => {
  const root = "InternetGatewayDevice.";
  const connection = `${root}WANDevice.1.WANConnectionDevice.1.WANIPConnection.1`;
  await using it = await openDeviceBench(
    dataModel({
      [`${root}Layer3Forwarding.DefaultConnectionService`]: connection,
      [`${connection}.ExternalIPAddress`]: "203.0.113.7",
    }),
  );
  await it.start();
  const { ParameterList } = await it.session();
  for (const path of [
    "DeviceSummary",
    "DeviceInfo.SpecVersion",
    "DeviceInfo.HardwareVersion",
    "DeviceInfo.SoftwareVersion",
    "DeviceInfo.ProvisioningCode",
    "ManagementServer.ParameterKey",
    "ManagementServer.ConnectionRequestURL",
    "ManagementServer.AliasBasedAddressing",
  ]) {
    assert.notEqual(groupedValue(ParameterList, root + path), undefined, path);
  }
  assert.equal(groupedValue(ParameterList, `${connection}.ExternalIPAddress`), "203.0.113.7");
});

test("a heartbeat is an Inform at the time that its policy says, while that is enabled [CWMP-EVENT-10]", async () => {
  await using it = await openDeviceBench();
  willSet(it, SERVER, { PeriodicInformEnable: false });
  willSet(it, `${SERVER}HeartbeatPolicy.`, {
    Enable: true,
    ReportingInterval: 90,
    InitiationTime: ["2020-01-01T00:00:30Z", "dateTime"],
  });
  await it.start();
  await it.session();
  await it.clock.advance(29_999);
  assert.equal(it.acs.informs.untaken, 0);
  willSet(it, `${SERVER}HeartbeatPolicy.`, { Enable: false });
  await it.clock.advance(1);
  assert.deepEqual(eventsOf(await it.session()), ["14 HEARTBEAT"]);
  await it.clock.advance(86_400_000);
  assert.equal(it.acs.informs.untaken, 0);
});

test("a device that is kicked opens a session, and KICKED is said no more once that is answered [CWMP-EVENT-13]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  await it.session();
  const params = { Command: "c", Referer: "http://portal/", Arg: "a", Next: "http://portal/next" };
  it.device.ask({ method: "Kicked", params });
  assert.deepEqual(eventsOf(await it.session()), ["5 KICKED"]);
  assert.deepEqual((await it.acs.requests.take()).params, params);
  await it.device.informNow();
  assert.deepEqual(eventsOf(await it.session()), ["2 PERIODIC"]);
});

test("a session for active notification alone waits until the last is long enough ago [CWMP-NOTIFY-3]", async () => {
  await using it = await openDeviceBench(
    dataModel({ "Device.T": { type: "int", value: 20, notification: 2 } }),
  );
  willSet(it, SERVER, { DefaultActiveNotificationThrottle: 60 });
  await it.start();
  await it.session();
  await until(() => it.activities.at(-1)?.type === "session-ended");
  it.model.set("Device.T", 21);
  await it.clock.advance(59_999);
  assert.equal(it.acs.informs.untaken, 0);
  it.model.set("Device.T", 22);
  await it.clock.advance(1);
  const inform = await it.session();
  assert.deepEqual(eventsOf(inform), ["4 VALUE CHANGE"]);
  assert.deepEqual(groupedValue(inform.ParameterList, "Device.T"), ["22", "int"]);
});

test("what else opens a session waits for no throttle, takes the change along, and is the last session then [CWMP-NOTIFY-3]", async () => {
  await using it = await openDeviceBench(
    dataModel({ "Device.T": { type: "int", value: 20, notification: 2 } }),
  );
  willSet(it, SERVER, { DefaultActiveNotificationThrottle: 60 });
  await it.start();
  await it.session();
  await until(() => it.activities.at(-1)?.type === "session-ended");
  it.model.set("Device.T", 21);
  await it.clock.advance(30_000);
  await it.device.informNow();
  assert.deepEqual(eventsOf(await it.session()), ["4 VALUE CHANGE", "2 PERIODIC"]);
  await until(() => it.activities.at(-1)?.type === "session-ended");
  it.model.set("Device.T", 22);
  await it.clock.advance(59_999);
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1);
  assert.deepEqual(eventsOf(await it.session()), ["4 VALUE CHANGE"]);
});

test("a change in a session counts from that session's end [CWMP-NOTIFY-3]", async () => {
  await using it = await openDeviceBench(
    dataModel({ "Device.T": { type: "int", value: 20, notification: 2 } }),
  );
  willSet(it, SERVER, { DefaultActiveNotificationThrottle: 60 });
  it.acs.call({ method: "X_00D09E_Warm", params: {} });
  await it.start({
    handlers: {
      X_00D09E_Warm: () => {
        it.model.set("Device.T", 90);
        return { result: {} };
      },
    },
  });
  await it.session();
  await until(() => it.activities.at(-1)?.type === "session-ended");
  await it.clock.advance(59_999);
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1);
  assert.deepEqual(eventsOf(await it.session()), ["4 VALUE CHANGE"]);
});

test("DelayReboot counts from the end of the session that set it, and is -1 after the reboot [CWMP-ADDRESS-6]", async () => {
  await using it = await openDeviceBench();
  willSet(it, SERVER, { DelayReboot: ["20", "int"] });
  await it.start();
  await it.session();
  await until(() => it.activities.at(-1)?.type === "session-ended");
  await it.clock.advance(19_999);
  assert.equal(it.model.get(`${SERVER}DelayReboot`), 20);
  assert.notEqual(it.activities.at(-1)?.type, "restarting");
  await it.clock.advance(1);
  assert.equal(it.activities.at(-1)?.type, "restarting");
  await it.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.session()), ["1 BOOT"]);
  assert.equal(it.model.get(`${SERVER}DelayReboot`), -1);
  await it.clock.advance(60_000);
  assert.equal(it.acs.informs.untaken, 0);
});

test("a DelayReboot of -1 calls a reboot off, and one of 0 is for the end of the session [CWMP-ADDRESS-6]", async () => {
  await using it = await openDeviceBench();
  willSet(it, SERVER, { DelayReboot: ["20", "int"] });
  await it.start();
  await it.session();
  willSet(it, SERVER, { DelayReboot: ["-1", "int"] });
  await it.device.informNow();
  await it.session();
  await it.clock.advance(60_000);
  assert.ok(!it.activities.some(({ type }) => type === "restarting"));
  willSet(it, SERVER, { DelayReboot: ["0", "int"] });
  await it.device.informNow();
  await it.session();
  await until(() => it.activities.at(-1)?.type === "session-ended");
  await it.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.session()), ["1 BOOT"]);
});

test("ScheduleReboot reboots once, at its time [CWMP-ADDRESS-6]", async () => {
  await using it = await openDeviceBench();
  willSet(it, SERVER, {
    PeriodicInformEnable: false,
    ScheduleReboot: ["2026-01-01T01:00:00Z", "dateTime"],
  });
  await it.start();
  await it.session();
  await until(() => it.activities.at(-1)?.type === "session-ended");
  await it.clock.advance(3_599_999);
  assert.ok(!it.activities.some(({ type }) => type === "restarting"));
  await it.clock.advance(1_001);
  assert.deepEqual(eventsOf(await it.session()), ["1 BOOT"]);
  await it.clock.advance(86_400_000);
  assert.equal(it.acs.informs.untaken, 0);
});

test("ScheduleReboot waits for the end of a session, and no reboot comes of a time gone by [CWMP-ADDRESS-6]", async () => {
  await using it = await openDeviceBench();
  willSet(it, SERVER, { ScheduleReboot: ["2026-01-01T00:00:01Z", "dateTime"] });
  it.acs.call({ method: "X_00D09E_Wait", params: {} });
  await it.start({
    handlers: {
      X_00D09E_Wait: async () => {
        await it.clock.advance(5_000);
        assert.ok(!it.activities.some(({ type }) => type === "restarting"));
        return { result: {} };
      },
    },
  });
  assert.notEqual((await it.acs.settled.take()).method, "Fault");
  assert.notEqual((await it.acs.settled.take()).method, "Fault");
  await until(() => it.activities.at(-1)?.type === "restarting");
  willSet(it, SERVER, { ScheduleReboot: ["2025-01-01T00:00:00Z", "dateTime"] });
  await it.clock.advance(1_000);
  await it.session();
  await it.session();
  await it.clock.advance(3_600_000);
  assert.equal(it.activities.filter(({ type }) => type === "restarting").length, 1);
});

test("a device that takes aliases says so, and answers with them once it is told to [CWMP-ADDRESS-2]", async () => {
  await using it = await openDeviceBench(
    dataModel({
      "Device.WiFi.SSID.": {
        instances: [1],
        row: (instance) => ({ Alias: aliasOfInstance(instance), Name: "home" }),
      },
    }),
  );
  const read = {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.WiFi.SSID.1.Name"] },
  } as const;
  it.acs.call(read);
  willSet(it, SERVER, { InstanceMode: "InstanceAlias" });
  it.acs.call(read);
  await it.start({ aliases: true });
  const { ParameterList } = await it.session();
  assert.equal(groupedValue(ParameterList, `${SERVER}AliasBasedAddressing`), true);
  const objects = [
    await it.acs.settled.take(),
    await it.acs.settled.take(),
    await it.acs.settled.take(),
  ].flatMap((settled) =>
    settled.method === "GetParameterValues" ? Object.keys(settled.result.ParameterList) : [],
  );
  assert.deepEqual(objects, ["Device.WiFi.SSID.1.", "Device.WiFi.SSID.[cpe-1]."]);
});

test("a device that can send datagrams is granted each Notification there is, and tells its ACS's host [CWMP-NOTIFY-6, CWMP-LWNOTIF-2, CWMP-LWNOTIF-3, CWMP-LWNOTIF-4]", async () => {
  const names = ["P3", "P4", "P5", "P6"];
  await using it = await openDeviceBench(
    dataModel(Object.fromEntries(names.map((name) => [`Device.${name}`, "a"] as const))),
  );
  const wanted = Object.fromEntries(names.map((name) => [name, { Notification: Number(name[1]) }] as const));
  it.acs.call({ method: "SetParameterAttributes", params: { ParameterList: { "Device.": wanted } } });
  willSet(it, SERVER, {
    LightweightNotificationProtocolsUsed: "UDP",
    LightweightNotificationTriggerInterval: 40,
    LightweightNotificationTriggerTime: ["2020-01-01T00:00:30Z", "dateTime"],
  });
  const sent: string[] = [];
  const send = (
    bytes: Uint8Array,
    { address, port }: { readonly address: string; readonly port: number },
  ) => {
    const read = readLightNotification(new TextDecoder().decode(bytes), lightNotificationLimits);
    assert.ok(read.ok);
    sent.push(`${address}:${port} ${read.value.parameters.map(({ name }) => name).join(" ")}`);
  };
  await it.start({ datagrams: { send } });
  await it.session();
  assert.equal((await it.acs.settled.take()).method, "SetParameterAttributes");
  assert.equal((await it.acs.settled.take()).method, "SetParameterValues");
  it.model.set("Device.P3", "b");
  it.model.set("Device.P4", "b");
  assert.deepEqual(sent, []);
  it.model.set("Device.P5", "b");
  assert.deepEqual(sent, ["127.0.0.1:7547 Device.P3 Device.P4 Device.P5"]);
  it.model.set("Device.P6", "b");
  assert.equal(sent[1], "127.0.0.1:7547 Device.P6");
  it.model.set("Device.P3", "c");
  await it.clock.advance(29_999);
  assert.equal(sent.length, 2);
  await it.clock.advance(1);
  assert.equal(sent[2], "127.0.0.1:7547 Device.P3");
  await it.device.informNow();
  const inform = await it.session();
  assert.deepEqual(eventsOf(inform), ["4 VALUE CHANGE", "2 PERIODIC"]);
  const told = names.map((name) => groupedValue(inform.ParameterList, `Device.${name}`));
  assert.deepEqual(told, [undefined, "b", undefined, "b"]);
});
