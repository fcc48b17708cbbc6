import assert from "node:assert/strict";
import { test } from "node:test";
import { LockstepDevice, LockstepSocket, tempDir, type TempDir } from "@heliograph/testkit";
import { AttachedDevice, KEEPING, OFFER, openSocket, refer } from "./light-bench.ts";
import { RunningServer } from "./running-server.ts";

const read = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo.UpTime"] },
} as const;
const add = { method: "AddObject", params: { ObjectName: "Device.NAT.PortMapping." } } as const;
const reboot = { method: "Reboot", params: { CommandKey: "maintenance" } } as const;

const transfer = {
  CommandKey: "nightly",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};

/** The shortest grace there is, so that a device that does not attach has lapsed soon. */
const IMPATIENT = { "light-grace": "1" } as const;

test("the HTTP session is still open when the socket attaches: its requests are answered, its calls come over the socket", async () => {
  await using attached = await AttachedDevice.start();
  const { server, device, socket: earlier } = attached;
  earlier.close();
  await server.event(device.key, "disconnected");

  const reference = await refer(device, { events: ["4 VALUE CHANGE"] });
  await using socket = await openSocket(reference);
  await socket.request("Attach", KEEPING);
  const reading = server.client.operations.create(device.key, { ...read, wait: 20 });
  const call = await socket.expectCall("GetParameterValues");
  assert.deepEqual(await device.request({ method: "TransferComplete", params: transfer }), {});
  await device.expectNothing();
  socket.answer(call, { Values: [5] });
  assert.equal((await reading).state, "done");
});

test("an RPC is out on HTTP when the socket attaches: its answer counts, and the next call waits for it", async () => {
  using folder = tempDir();
  await using server = await start(folder, IMPATIENT);
  await using device = new LockstepDevice({ acsUrl: server.life.acsUrl });
  await lapsed(server, device);
  const adding = await server.client.operations.create(device.key, add);
  const reading = server.client.operations.create(device.key, { ...read, wait: 20 });

  const reference = await refer(device);
  await device.expectRpc("AddObject");
  await using socket = await openSocket(reference);
  await socket.request("Attach", KEEPING);
  await device.answer({ InstanceNumber: 3, Status: 0 });
  await device.expectNothing();
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
  assert.equal((await reading).state, "done");
  assert.deepEqual(await server.results([adding]), [{ InstanceNumber: 3, Status: 0 }]);
});

test("an RPC is out on HTTP when the socket attaches, and its session ends without the answer: it is settled, then the socket goes on", async () => {
  using folder = tempDir();
  await using server = await start(folder, IMPATIENT);
  await using device = new LockstepDevice({ acsUrl: server.life.acsUrl });
  await lapsed(server, device);
  const first = await server.client.operations.create(device.key, read);
  const reference = await refer(device);
  await device.expectRpc("GetParameterValues");
  await using socket = await openSocket(reference);
  await socket.request("Attach", KEEPING);
  // A new session ends the one before, whose call is then asked over the socket.
  await refer(device);
  await device.expectNothing();
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
  await server.ended(first.id);
  assert.equal((await server.client.operations.get(first.id)).state, "done");
});

test("the socket is lost between send and answer: a device that keeps its answers is asked again with the same id", async () => {
  await using attached = await AttachedDevice.start(KEEPING);
  const { server, device, socket, token } = attached;
  const adding = server.client.operations.create(device.key, { ...add, wait: 20 });
  const call = await socket.expectCall("AddObject");
  socket.cut();
  await using again = await openWith(server, token);
  await again.request("Attach", KEEPING);
  const repeated = await again.expectCall("AddObject");
  assert.equal(repeated.id, call.id);
  again.answer(repeated, { InstanceNumber: 4, Status: 0 });
  assert.deepEqual((await adding).result, { InstanceNumber: 4, Status: 0 });
});

test("the socket is lost between send and answer: a device that keeps nothing sends the answer it owes after it attached", async () => {
  await using attached = await AttachedDevice.start();
  const { server, device, socket, token } = attached;
  const adding = server.client.operations.create(device.key, { ...add, wait: 20 });
  const call = await socket.expectCall("AddObject");
  socket.cut();
  await using again = await openWith(server, token);
  await again.request("Attach");
  again.answer(call, { InstanceNumber: 5, Status: 0 });
  assert.deepEqual((await adding).result, { InstanceNumber: 5, Status: 0 });
  assert.equal(again.calls, 0, "it is not asked a second time");
});

test("the socket is lost with a reboot, and the device boots: the Inform settles it", async () => {
  await using attached = await AttachedDevice.start(KEEPING);
  const { server, device, socket } = attached;
  const rebooting = server.client.operations.create(device.key, { ...reboot, wait: 20 });
  await socket.expectCall("Reboot");
  socket.cut();
  await server.event(device.key, "disconnected");
  await refer(device, { events: ["1 BOOT", { EventCode: "M Reboot", CommandKey: "maintenance" }] });
  assert.equal((await rebooting).state, "done");
});

test("two sockets at once: the newer gets the calls, the older is closed with 4000, and what it was asked is asked anew", async () => {
  await using attached = await AttachedDevice.start(KEEPING);
  const { server, device, socket: older, token } = attached;
  const reading = server.client.operations.create(device.key, { ...read, wait: 20 });
  const asked = await older.expectCall("GetParameterValues");
  await using newer = await openWith(server, token);
  assert.equal((await older.expectClose()).code, 4000);
  await newer.request("Attach", KEEPING);
  const anew = await newer.expectCall("GetParameterValues");
  assert.notEqual(anew.id, asked.id);
  newer.answer(anew, { Values: [6] });
  assert.equal((await reading).state, "done");
  assert.equal((await server.client.devices.get(device.key)).reachability, "connected");
});

test("a reference opens a socket as often as it is used while it is good [LIGHT-OPEN-6]", async () => {
  using folder = tempDir();
  await using server = await start(folder);
  await using device = new LockstepDevice({ acsUrl: server.life.acsUrl });
  const reference = await refer(device, { events: ["0 BOOTSTRAP", "1 BOOT"] });
  await device.expectNothing();
  assert.equal(reference.expiresIn, 600);
  await using first = await openSocket(reference);
  await first.request("Attach");
  await using second = await openSocket(reference);
  assert.equal((await first.expectClose()).code, 4000);
  await second.request("Attach");
});

test("an HTTP Inform does not displace a socket that is alive", async () => {
  await using attached = await AttachedDevice.start(KEEPING);
  const { server, device, socket } = attached;
  await refer(device, { events: ["4 VALUE CHANGE"] });
  const reading = server.client.operations.create(device.key, { ...read, wait: 20 });
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [7] });
  assert.equal((await reading).state, "done");
  await device.expectNothing();
  await server.event(device.key, "value-change");
});

test("the token is revoked while a call is in flight: the socket is closed, and the answer is still owed", async () => {
  await using attached = await AttachedDevice.start(KEEPING);
  const { server, device, socket, token } = attached;
  const adding = server.client.operations.create(device.key, { ...add, wait: 20 });
  const call = await socket.expectCall("AddObject");
  assert.deepEqual(await server.client.devices.rotateCredentials(device.key), { told: "now" });
  const told = await socket.expectCall("SetParameterValues");
  device.adopt(told.params.ParameterList);
  socket.answer(told, { Status: 0 });
  assert.equal((await socket.expectClose()).code, 4001);
  await assert.rejects(openWith(server, token), { status: 401 });

  const reference = await refer(device);
  await device.expectNothing();
  await using again = await openSocket(reference);
  await again.request("Attach", KEEPING);
  const repeated = await again.expectCall("AddObject");
  assert.equal(repeated.id, call.id);
  again.answer(repeated, { InstanceNumber: 8, Status: 0 });
  assert.deepEqual((await adding).result, { InstanceNumber: 8, Status: 0 });
});

test("a removed device is disconnected for good, and its token opens nothing after it enrolled anew", async () => {
  await using attached = await AttachedDevice.start(KEEPING);
  const { server, device, socket, token } = attached;
  await server.client.devices.remove(device.key);
  assert.equal((await socket.expectClose()).code, 4500);
  await assert.rejects(openWith(server, token), { status: 401 });
  await refer(device, { events: ["0 BOOTSTRAP", "1 BOOT"] });
  await assert.rejects(openWith(server, token), { status: 401 });
});

test("upgrades are blocked on the way: the device lapses, is served classic, and returns when it can attach", async () => {
  using folder = tempDir();
  await using server = await start(folder, IMPATIENT);
  await using device = new LockstepDevice({ acsUrl: server.life.acsUrl });
  const { key } = device;
  await device.listen(undefined, { requests: 100, periodMs: 1_000 });
  await lapsed(server, device);
  assert.deepEqual((await server.client.devices.get(key)).light, { subprotocol: "cwmp.json", lapsed: true });

  const reading = server.client.operations.create(key, { ...read, wait: 20 });
  await device.expectConnectionRequest();
  const reference = await refer(device, { events: ["6 CONNECTION REQUEST"] });
  await device.expectRpc("GetParameterValues");
  await device.answer({ ParameterList: { "Device.DeviceInfo.": { UpTime: 9 } } });
  await device.expectNothing();
  assert.equal((await reading).state, "done");

  await using socket = await openSocket(reference);
  await socket.request("Attach", KEEPING);
  const other = server.client.operations.create(key, { ...read, wait: 20 });
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [10] });
  assert.equal((await other).state, "done");
  assert.deepEqual((await server.client.devices.get(key)).light, { subprotocol: "cwmp.json", lapsed: false });
});

test("work that waits while a device is handed over is called when it lapses, not before", async () => {
  using folder = tempDir();
  await using server = await start(folder, IMPATIENT);
  await using device = new LockstepDevice({ acsUrl: server.life.acsUrl });
  const { key } = device;
  await device.listen(undefined, { requests: 100, periodMs: 1_000 });
  await lapsed(server, device);
  await using socket = await openSocket(await refer(device));
  await device.expectNothing();
  await socket.request("Attach", KEEPING);
  socket.close();
  await server.event(key, "disconnected");

  await refer(device);
  await device.expectNothing();
  const reading = server.client.operations.create(key, { ...read, wait: 20 });
  await device.expectConnectionRequest();
  const { items } = await server.client.devices.events(key, { limit: 1_000 });
  const names = items.map(({ name }) => name);
  assert.ok(names.lastIndexOf("light-lapsed") > names.lastIndexOf("disconnected"), names.join(" "));
  await device.inform({ events: ["6 CONNECTION REQUEST"], header: OFFER });
  await device.expectRpc("GetParameterValues");
  await device.answer({ ParameterList: { "Device.DeviceInfo.": { UpTime: 9 } } });
  assert.equal((await reading).state, "done");
});

function start(folder: TempDir, flags = {}): Promise<RunningServer> {
  return RunningServer.start(folder, "loopback", flags);
}

/** A device that was referred, opened no socket in time, and has its own credentials from a classic session since. */
async function lapsed(server: RunningServer, device: LockstepDevice): Promise<void> {
  await refer(device, { events: ["0 BOOTSTRAP", "1 BOOT"] });
  await device.expectNothing();
  await server.event(device.key, "light-lapsed");
  await refer(device);
  const call = await device.expectRpc("SetParameterValues");
  device.adopt(call.params.ParameterList);
  await device.answer({ Status: 0 });
  await device.expectNothing();
}

/** Opens a socket with the token that an Attach gave. */
function openWith({ life }: RunningServer, token: string): Promise<LockstepSocket> {
  const url = new URL("/light", life.acsUrl.replace("http:", "ws:")).href;
  return LockstepSocket.open({ url, token });
}
