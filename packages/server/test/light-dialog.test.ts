import assert from "node:assert/strict";
import { test } from "node:test";
import { LockstepDevice, LockstepSocket, tempDir } from "@heliograph/testkit";
import { attach, KEEPING, OFFER, openSocket, refer, takeCredentials } from "./light-bench.ts";
import { RunningServer } from "./running-server.ts";

const calls = {
  read: { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] } },
  write: {
    method: "SetParameterValues",
    params: { ParameterList: { "Device.DeviceInfo.": { ProvisioningCode: "n" } } },
  },
  add: { method: "AddObject", params: { ObjectName: "Device.NAT.PortMapping." } },
  reboot: { method: "Reboot", params: { CommandKey: "maintenance" } },
  chime: { method: "X_F0F0F0_Chime", params: { Volume: "loud" } },
} as const;

const transfer = {
  CommandKey: "nightly",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};

test("device-initiated WebSocket [LIGHT-REFER-7]", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "none");
  const { client, life } = server;
  await using device = new LockstepDevice({ acsUrl: life.acsUrl, credentials: life.firstContact });
  const { key } = device;

  await device.inform({ events: ["0 BOOTSTRAP", "1 BOOT"], header: OFFER });
  assert.equal(device.header.webSocketReference, undefined, "nobody is referred before a person let it in");
  await device.expectNothing();
  await client.devices.approve(key);

  const queued = [];
  for (const call of [calls.read, calls.add, calls.reboot])
    queued.push(await client.operations.create(key, call));
  const reference = await refer(device, { events: ["1 BOOT"] });
  await device.expectNothing();
  await using socket = await openSocket(reference);
  assert.equal(socket.subprotocol, "cwmp.json");
  const attached = await socket.request("Attach", KEEPING);
  assert.equal(typeof attached["Token"], "string");
  await takeCredentials(server, device, socket);
  assert.equal((await client.devices.get(key)).reachability, "connected");

  const read = await socket.expectCall("GetParameterValues");
  assert.equal(read.positional, true);
  socket.answer(read, { Values: ["1.0"] });
  const add = await socket.expectCall("AddObject");
  socket.answer(add, { InstanceNumber: 7, Status: 0 });
  const reboot = await socket.expectCall("Reboot");
  assert.equal(reboot.params.CommandKey, "maintenance");
  socket.answer(reboot);
  for (const { id } of queued) {
    await server.ended(id);
    assert.equal((await client.operations.get(id)).state, "done");
  }

  assert.deepEqual(await socket.request("TransferComplete", transfer), {});
  socket.close();
  await server.event(key, "disconnected");
  await using rebooted = new LockstepDevice({ acsUrl: life.acsUrl, deviceId: device.deviceId });
  await rebooted.sendInform({ events: ["1 BOOT"], header: OFFER });
  await rebooted.expectStatus(401);
  assert.deepEqual(await server.results(queued), [
    { ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "1.0" } } },
    { InstanceNumber: 7, Status: 0 },
    {},
  ]);
  assert.deepEqual(await server.eventNames(key), [
    ...["enrolled", "approved", "boot", "connected", "credentials-confirmed", "transfer-complete-report"],
    "disconnected",
  ]);
});

test("ACS-initiated WebSocket by connection request", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  const { client, life } = server;
  await using device = new LockstepDevice({ acsUrl: life.acsUrl });
  const { key } = device;
  await device.listen(undefined, { requests: 100, periodMs: 1_000 });
  await using first = await attach(server, device, KEEPING);
  const { Token: token } = await first.attach(KEEPING);
  first.close();
  await server.event(key, "disconnected");

  const reading = client.operations.create(key, { ...calls.read, wait: 20 });
  await device.expectConnectionRequest();
  await using second = await LockstepSocket.open({ url: lightUrl(life.acsUrl), token });
  await second.request("Attach", KEEPING);
  second.answer(await second.expectCall("GetParameterValues"), { Values: ["2.0"] });
  assert.deepEqual((await reading).result, {
    ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "2.0" } },
  });

  const rebooting = client.operations.create(key, { ...calls.reboot, wait: 20 });
  second.answer(await second.expectCall("Reboot"));
  assert.equal((await rebooting).state, "done");
  assert.equal(device.connectionRequests, 0, "a device that is connected needs no connection request");
  assert.deepEqual(await server.eventNames(key), [
    ...["enrolled", "bootstrap", "boot", "connected", "credentials-confirmed", "disconnected", "connected"],
  ]);
});

function lightUrl(acsUrl: string): string {
  return new URL("/light", acsUrl.replace("http:", "ws:")).href;
}
