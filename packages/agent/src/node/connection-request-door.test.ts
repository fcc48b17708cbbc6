import assert from "node:assert/strict";
import { test } from "node:test";
import { groupedValue } from "@heliograph/protocol";
import { eventsOf, openDeviceBench, until } from "./classic-device.fixture.ts";

const SERVER = "Device.ManagementServer.";
const URL_PATH = `${SERVER}ConnectionRequestURL`;

test("while HTTPConnectionRequestEnable is false the port is closed and the URL empty [CWMP-CONNREQ-11]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  const { ParameterList } = await it.session();
  const { address } = it.device;
  assert.equal(groupedValue(ParameterList, URL_PATH), address);
  assert.equal((await fetch(address)).status, 401);
  const off = { [SERVER]: { HTTPConnectionRequestEnable: false } };
  it.acs.call({ method: "SetParameterValues", params: { ParameterList: off } });
  await it.device.informNow();
  await it.session();
  const told = await it.session();
  assert.deepEqual(eventsOf(told), ["4 VALUE CHANGE"]);
  assert.equal(groupedValue(told.ParameterList, URL_PATH), "");
  await assert.rejects(fetch(address));
});

test("once it is true again the device listens, and tells where [CWMP-CONNREQ-11]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  await it.session();
  it.model.set(`${SERVER}HTTPConnectionRequestEnable`, false);
  assert.deepEqual(eventsOf(await it.session()), ["4 VALUE CHANGE"]);
  it.model.set(`${SERVER}HTTPConnectionRequestEnable`, true);
  const told = await it.session();
  assert.equal(groupedValue(told.ParameterList, URL_PATH), it.device.address);
  assert.equal((await fetch(it.device.address)).status, 401);
});

test("a device that is reset to its factory's settings can be called again [CWMP-CONNREQ-11]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  await it.session();
  it.model.set(`${SERVER}HTTPConnectionRequestEnable`, false);
  it.acs.call({ method: "FactoryReset", params: {} });
  await it.session();
  assert.equal(it.device.address, "");
  await until(() => it.activities.at(-1)?.type === "restarting");
  await it.clock.advance(1_000);
  await until(() => it.device.address !== "");
  assert.equal((await fetch(it.device.address)).status, 401);
});
