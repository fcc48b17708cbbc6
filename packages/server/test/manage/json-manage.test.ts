import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "@heliograph/api/client";
import type { DeviceKey } from "@heliograph/protocol";
import { assertWithinSecond, tempDir, type LockstepDevice } from "@heliograph/testkit";
import { escalations, GIVEN } from "../grants/escalations.ts";
import { RunningServer } from "../running-server.ts";
import { enrolledDevice } from "./enrolled-device.ts";
import { JsonManager, type JsonTold } from "./json-manager.ts";

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const NAMES = { ParameterNames: ["Device.DeviceInfo.UpTime"] };
const VALUES = { ParameterList: { "Device.DeviceInfo.": { UpTime: 7 } } };

test("a manager asks by JSON-RPC, and is answered when the operation has ended [MANAGE-JSON-1]", async () => {
  await using device = await enrolledDevice(acs);
  using manager = await JsonManager.connect(acs.life);
  manager.call(7, "GetParameterValues", { Device: device.key, ...NAMES });
  await queued(device.key, 1);
  await device.inform();
  const asked = await device.expectRpc("GetParameterValues");
  assert.deepEqual(asked.params.ParameterNames, NAMES.ParameterNames);
  await device.answer(VALUES);
  await device.expectNothing();
  assert.deepEqual(await manager.told.take(), { jsonrpc: "2.0", id: 7, result: VALUES });
});

test("a fault of the device is an error with its code; a call that nobody waits for is answered nothing", async () => {
  await using device = await enrolledDevice(acs);
  using manager = await JsonManager.connect(acs.life);
  manager.say({ jsonrpc: "2.0", method: "GetRPCMethods", params: { Device: device.key } });
  const list = { "Device.WiFi.": { Channel: 99 } };
  manager.call("s", "SetParameterValues", { Device: device.key, ParameterList: list, ParameterKey: "" });
  await queued(device.key, 2);
  await device.inform();
  await device.expectRpc("GetRPCMethods");
  await device.answer({ MethodList: ["GetRPCMethods"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9003, "Invalid arguments");
  await device.expectNothing();
  const [operation] = (await acs.client.operations.list({ device: device.key })).items;
  assert.deepEqual(await manager.told.take(), {
    jsonrpc: "2.0",
    id: "s",
    error: { code: 9003, message: "Invalid arguments", data: { Operation: operation?.id } },
  });
});

test("a batch is one group for each device, stored whole, and answered by one array [MANAGE-JSON-2]", async () => {
  await using device = await enrolledDevice(acs);
  using manager = await JsonManager.connect(acs.life);
  const target = { Device: device.key };
  manager.say([
    { jsonrpc: "2.0", id: 1, method: "GetParameterValues", params: { ...target, ...NAMES } },
    { jsonrpc: "2.0", id: 2, method: "Reboot", params: { ...target, CommandKey: "k" } },
    { jsonrpc: "2.0", id: 3, method: "GetRPCMethods", params: target },
  ]);
  await queued(device.key, 1);
  const [group] = (await acs.client.operations.list({ device: device.key })).items;
  assert.deepEqual(
    group?.rpcs.map(({ method }) => method),
    ["GetParameterValues", "Reboot", "GetRPCMethods"],
  );
  await device.inform();
  await device.expectRpc("GetParameterValues");
  await device.answer(VALUES);
  await device.expectRpc("Reboot");
  await device.fault(9001, "not now");
  await device.expectNothing();
  const told = await manager.told.take();
  assert.ok(isBatch(told));
  assert.deepEqual(told.map(short), ["1 ok", "2 error 9001", "3 error 8001"]);
});

test("where one call of a batch cannot be asked, nothing is stored for any device", async () => {
  await using device = await enrolledDevice(acs);
  using manager = await JsonManager.connect(acs.life);
  const good = { jsonrpc: "2.0", id: 1, method: "GetRPCMethods", params: { Device: device.key } };
  const bad = [
    { ...good, id: 2, params: { Device: "00D09E-Nobody-1" } },
    { ...good, id: 2, params: {} },
    { ...good, id: 2, method: "Reboot", params: { Device: device.key, CommandKey: 5 } },
  ];
  for (const each of bad) {
    manager.say([good, each]);
    const told = await manager.told.take();
    assert.ok(isBatch(told));
    assert.deepEqual(told.map(short), ["1 error -32000", "2 error -32000"]);
  }
  for (const each of [{ ...good, method: "Subscribe" }, { ...good, id: 1 }, 7, { ...good, jsonrpc: "1.0" }]) {
    manager.say([good, each]);
    assert.equal(short(await manager.told.take()), "null error -32600");
  }
  assert.deepEqual((await acs.client.operations.list({ device: device.key })).items, []);
});

test("what cannot be asked is refused by JSON-RPC's own codes, and the connection goes on", async () => {
  await using device = await enrolledDevice(acs);
  using manager = await JsonManager.connect(acs.life);
  const told = [
    await manager.ask("a", "NoSuchRpc", { Device: device.key }),
    await manager.ask("b", "Reboot", { Device: "x" }),
    await manager.ask("c", "Reboot", { Device: device.key, Expires: "yesterday" }),
    await manager.ask("d", "Download", { Device: device.key }),
    await manager.ask("e", "Subscribe", { Channel: "public/no-such" }),
    await manager.ask("f", "Subscribe", {}),
    await manager.ask("g", "GetRPCMethods", { Device: "00D09E-Nobody-1" }),
  ];
  assert.deepEqual(told.map(short), [
    "a error -32601",
    ...["b", "c", "d", "e", "f", "g"].map((id) => `${id} error -32000`),
  ]);
  assert.match(JSON.stringify(told.at(-1)), /unknown-device/);
});

test("without a token in the handshake Attach says who it is, and nothing goes before it [MANAGE-JSON-3]", async () => {
  const { northboundUrl, token } = acs.life;
  using manager = await JsonManager.connect({ northboundUrl });
  assert.equal(short(await manager.ask(1, "Subscribe", { Channel: "public/x" })), "1 error -32000");
  const attached = await manager.ask(2, "Attach", { Token: token });
  assert.ok(!isBatch(attached));
  assert.partialDeepStrictEqual(attached, { id: 2, result: { PingInterval: 30, MaxInFlight: 256 } });
  using wrong = await JsonManager.connect({ northboundUrl });
  assert.equal(short(await wrong.ask(1, "Attach", { Token: "wrong" })), "1 error -32000");
  assert.equal(await wrong.closes.take(), 4001);
  await assert.rejects(JsonManager.connect({ northboundUrl, token: "wrong" }), /401/);
});

test("what is published on a channel is told from a position on, in order, until it is not wanted [MANAGE-JSON-4]", async () => {
  const name = "public/json-desk";
  await acs.client.channels.set(name, { history: { count: 3, bytes: 10_000 } });
  using manager = await JsonManager.connect(acs.life);
  const { epoch } = await acs.client.channels.get(name);
  for (const Text of ["a", "b"]) await acs.client.channels.publish(name, { Text });
  const from = { Channel: name, Epoch: epoch, Offset: 1 };
  const begun = await manager.ask(1, "Subscribe", from);
  assert.deepEqual(begun, { jsonrpc: "2.0", id: 1, result: { ...from, Recovered: true } });
  await acs.client.channels.publish(name, { Text: "c" });
  assert.deepEqual([await manager.told.take(), await manager.told.take()].map(published), [
    ["b", 2, undefined],
    ["c", 3, undefined],
  ]);
  for (const Text of ["d", "e"]) await acs.client.channels.publish(name, { Text });
  assert.deepEqual([await manager.told.take(), await manager.told.take()].map(published), [
    ["d", 4, undefined],
    ["e", 5, undefined],
  ]);
  const lost = await manager.ask(2, "Subscribe", { ...from, Offset: 0 });
  assert.partialDeepStrictEqual(lost, { result: { Recovered: false } });
  assert.deepEqual(published(await manager.told.take()), ["e", 5, true]);
  assert.deepEqual(await manager.ask(3, "Unsubscribe", { Channel: name }), {
    jsonrpc: "2.0",
    id: 3,
    result: {},
  });
  await acs.client.channels.publish(name, { Text: "f" });
  // What it hears next is this answer, and no publication.
  assert.equal(short(await manager.ask(4, "Unsubscribe", { Channel: name })), "4 ok");
});

test("a grant asks within its bounds, follows no other channel, and is closed within a second of its end [GRANTS-DOOR-1, GRANTS-END-1]", async () => {
  await using device = await enrolledDevice(acs);
  const { id, token } = await granted(device);
  using manager = await JsonManager.connect({ ...acs.life, token });
  for (const [how, { method, params }] of Object.entries(escalations)) {
    const told = await manager.ask(how, method, { Device: device.key, ...params });
    assert.equal(short(told), `${how} error -32000`);
    assert.match(JSON.stringify(told), /not-allowed/);
  }
  await acs.client.channels.set("public/others", {});
  assert.match(
    JSON.stringify(await manager.ask(1, "Subscribe", { Channel: "public/others" })),
    /unknown-channel/,
  );
  await assertWithinSecond(acs.life.northboundUrl, async () => {
    await acs.client.grants.revoke(id);
    assert.equal(await manager.closes.take(), 4001);
  });
});

async function granted(device: LockstepDevice) {
  const made = await acs.client.grants.create({ ...GIVEN, devices: [device.key] });
  return { ...made, client: createClient({ url: acs.life.northboundUrl, token: made.token }) };
}

/** Resolves once so many operations of the device are stored. */
async function queued(key: DeviceKey, count: number): Promise<void> {
  for (let last = 0; (await acs.client.operations.list({ device: key })).items.length < count;) {
    last = (await acs.event(key, "operation", last)).id;
  }
}

function isBatch(told: JsonTold): told is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(told);
}

function short(told: JsonTold): string {
  const text = JSON.stringify(told);
  const { id = null } = isBatch(told) ? {} : told;
  const code = /"error":\{"code":(-?\d+)/.exec(text)?.[1];
  return `${String(id)} ${code === undefined ? "ok" : `error ${code}`}`;
}

function published(told: JsonTold): readonly unknown[] {
  const [, offset, state, text] =
    /"Offset":(\d+),(?:"State":(true),)?"Data":\{"Text":"(.*?)"/.exec(JSON.stringify(told)) ?? [];
  return [text, Number(offset), state === undefined ? undefined : true];
}
