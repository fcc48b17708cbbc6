import assert from "node:assert/strict";
import { test } from "node:test";
import { dataModel } from "./data-model.ts";
import type { DataModel } from "./data-model.ts";
import { addedInformPaths, forcedInformPaths, informParameterTable } from "./inform-parameters.ts";

const TABLE = "Device.ManagementServer.InformParameter.";
const PERIODIC = { EventCode: "2 PERIODIC" };
const BOOT = { EventCode: "1 BOOT" };
const CHANGE = { EventCode: "4 VALUE CHANGE" };

/** A device with two radios and a row of the table as given. */
function device(row: Readonly<Record<string, string | boolean>>): DataModel {
  const model = dataModel({
    "Device.X": "x",
    "Device.WiFi.Radio.": { instances: [1, 3], row: () => ({ Channel: 6 }) },
    ...informParameterTable("Device."),
  });
  model.addObject(TABLE);
  const { fault } = model.setValues({ [`${TABLE}1.`]: { Enable: true, ...row } });
  assert.equal(fault, undefined);
  return model;
}

test("a row adds its parameter to Informs with an event of its list, and to no others [CWMP-INFORM-3]", () => {
  const model = device({ ParameterName: "Device.X", EventList: "1 BOOT, M Reboot" });
  assert.deepEqual(addedInformPaths(model, [PERIODIC, BOOT]), ["Device.X"]);
  assert.deepEqual(addedInformPaths(model, [{ EventCode: "M Reboot", CommandKey: "k" }]), ["Device.X"]);
  assert.deepEqual(addedInformPaths(model, [PERIODIC]), []);
});

test("an empty list is about all events but VALUE CHANGE [CWMP-INFORM-3, CWMP-INFORM-4]", () => {
  const model = device({ ParameterName: "Device.X" });
  assert.deepEqual(addedInformPaths(model, [PERIODIC]), ["Device.X"]);
  assert.deepEqual(addedInformPaths(model, [CHANGE]), []);
  assert.deepEqual(addedInformPaths(model, [CHANGE, BOOT]), ["Device.X"]);
});

test("a wildcard stands for the instances that there are when the Inform is made [CWMP-INFORM-3]", () => {
  const model = device({ ParameterName: "Device.WiFi.Radio.*.Channel" });
  assert.deepEqual(addedInformPaths(model, [BOOT]), [
    "Device.WiFi.Radio.1.Channel",
    "Device.WiFi.Radio.3.Channel",
  ]);
});

test("a row that is off, or names what is not there, adds nothing [CWMP-INFORM-3]", () => {
  for (const row of [
    { ParameterName: "Device.X", Enable: false },
    { ParameterName: "Device.Y" },
    { ParameterName: "" },
  ]) {
    assert.deepEqual(addedInformPaths(device(row), [BOOT]), [], JSON.stringify(row));
  }
});

for (const [list, reason] of [
  ["4 VALUE CHANGE", /4 VALUE CHANGE tells of what changed alone/],
  ["1 BOOT,4 VALUE CHANGE", /4 VALUE CHANGE tells of what changed alone/],
  ["1 BOOT,boots", /boots is no event/],
] as const) {
  test(`the EventList ${list} is refused [CWMP-INFORM-4]`, () => {
    const { fault } = device({}).setValues({ [`${TABLE}1.`]: { EventList: list } });
    const [refused] = fault?.data?.SetParameterValuesFault ?? [];
    assert.equal(refused?.FaultCode, 9007);
    assert.match(refused.FaultString, reason);
  });
}

for (const path of [
  "Device.DeviceInfo.SoftwareVersion",
  "Device.WiFi.Radio.",
  "Device.*",
  "Device.WiFi.Rad*.1.Channel",
]) {
  test(`${path}, which every Inform has or which is no parameter, is not to be added [CWMP-INFORM-3]`, () => {
    const { fault } = device({}).setValues({ [`${TABLE}1.`]: { ParameterName: path } });
    assert.equal(fault?.data?.SetParameterValuesFault[0]?.FaultCode, 9007);
  });
}

test("a gateway of TR-098 says where its default connection is reached [CWMP-INFORM-6]", () => {
  const root = "InternetGatewayDevice.";
  const connection = `${root}WANDevice.1.WANConnectionDevice.2.WANPPPConnection.1`;
  for (const named of [connection, `${connection}.`]) {
    const model = dataModel({ [`${root}Layer3Forwarding.DefaultConnectionService`]: named });
    assert.ok(forcedInformPaths(model).includes(`${connection}.ExternalIPAddress`));
  }
  assert.ok(!forcedInformPaths(device({})).some((path) => path.endsWith("ExternalIPAddress")));
});
