import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Operation } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { enrolledDevice } from "./enrolled-device.ts";
import { StompManager } from "./stomp-manager.ts";

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const READ = ["GetParameterValues", { ParameterNames: ["Device.DeviceInfo."] }] as const;
const VALUES = { ParameterList: { "Device.DeviceInfo.": { UpTime: 7 } } };

test("a transaction has a hundred frames, and one more ends the session with nothing stored [STOMP-GROUP-1]", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const whole = begin(manager, "whole");
  for (let count = 0; count < 100; count += 1) manager.ask(device.key, READ, whole);
  await commit(manager, "whole");
  const [operation] = await operationsOf(device.key);
  assert.equal(operation?.rpcs.length, 100);
  const tooMany = begin(manager, "too-many");
  for (let count = 0; count < 101; count += 1) manager.ask(device.key, READ, tooMany);
  assert.match((await manager.errors.take()).body, /more than 100 frames/);
  assert.equal(await manager.closes.take(), 1009);
  assert.equal((await operationsOf(device.key)).length, 1);
});

test("once RECEIPT of a COMMIT has come, each device has its group in the store [STOMP-GROUP-2]", async () => {
  await using first = await enrolledDevice(acs);
  await using second = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const inIt = begin(manager, "t");
  manager.ask(first.key, READ, inIt);
  manager.ask(second.key, ["Reboot", { CommandKey: "k" }], inIt);
  manager.ask(first.key, ["GetRPCMethods", {}], inIt);
  await commit(manager, "t");
  assert.deepEqual(await methodsOf(first.key), [["GetParameterValues", "GetRPCMethods"]]);
  assert.deepEqual(await methodsOf(second.key), [["Reboot"]]);
});

test("a group runs uninterrupted, whatever else is asked meanwhile; another device's fault is none of its [STOMP-GROUP-3]", async () => {
  await using first = await enrolledDevice(acs);
  await using second = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const inIt = begin(manager, "t");
  manager.ask(first.key, READ, { ...inIt, "request-id": "1" });
  manager.ask(second.key, READ, { ...inIt, "request-id": "faulted" });
  manager.ask(first.key, READ, { ...inIt, "request-id": "2" });
  await commit(manager, "t");
  await second.inform();
  await second.expectRpc("GetParameterValues");
  await second.fault(9002);
  await second.expectNothing();
  assert.equal((await manager.answers.take()).requestId, "faulted");

  await first.inform();
  await first.expectRpc("GetParameterValues");
  const [method, params] = ["GetParameterNames", { ParameterPath: "Device.", NextLevel: true }];
  await acs.client.operations.create(first.key, { method, params });
  await first.answer(VALUES);
  await first.expectRpc("GetParameterValues");
  await first.answer(VALUES);
  await first.expectRpc("GetParameterNames");
  await first.answer({ ParameterList: {} });
  await first.expectNothing();
  const told = [await manager.answers.take(), await manager.answers.take()];
  assert.deepEqual(
    told.map(({ requestId, status }) => `${requestId} ${status}`),
    ["1 ok", "2 ok"],
  );
});

test("what was committed outlives its connection, and the server's process [STOMP-GROUP-6]", async () => {
  using own = tempDir();
  await using server = await RunningServer.start(own, "loopback");
  await using device = await enrolledDevice(server);
  {
    await using manager = await StompManager.connect(server.life);
    const inIt = begin(manager, "t");
    manager.ask(device.key, READ, { ...inIt, "request-id": "1" });
    manager.ask(device.key, ["GetRPCMethods", {}], { ...inIt, "request-id": "2" });
    await commit(manager, "t");
    await server.supervisor.kill();
  }
  await server.supervisor.up(2);
  await device.inform();
  await device.expectRpc("GetParameterValues");
  await device.answer(VALUES);
  await device.expectRpc("GetRPCMethods");
  await device.answer({ MethodList: ["GetRPCMethods"] });
  await device.expectNothing();
  assert.deepEqual(
    (await operationsOf(device.key, server)).map(({ state }) => state),
    ["done"],
  );
});

/** Begins a transaction; gives the header that makes a SEND part of it. */
function begin(manager: StompManager, transaction: string) {
  manager.client.begin(transaction);
  return { transaction };
}

/** Resolves once the RECEIPT of the COMMIT has come. */
async function commit(manager: StompManager, transaction: string): Promise<void> {
  const receipt = manager.receipt();
  // The client's own COMMIT asks for none.
  manager.client.webSocket?.send(`COMMIT\ntransaction:${transaction}\nreceipt:${receipt}\n\n\0`);
  assert.equal(await manager.receipts.take(), receipt);
}

async function operationsOf(device: DeviceKey, { client } = acs): Promise<readonly Operation[]> {
  return (await client.operations.list({ device })).items;
}

async function methodsOf(key: DeviceKey): Promise<readonly (readonly string[])[]> {
  return (await operationsOf(key)).map(({ rpcs }) => rpcs.map(({ method }) => method));
}
