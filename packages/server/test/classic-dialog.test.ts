import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { parseChallenges } from "@heliograph/protocol";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { credentialsIn } from "./own-credentials.ts";
import { RunningServer } from "./running-server.ts";

test("CPE-initiated classic dialog", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "none");
  const { client, life } = server;

  await challengesStrangers(life.acsUrl);
  await using device = new LockstepDevice({ acsUrl: life.acsUrl, credentials: life.firstContact });
  const { key, deviceId } = device;
  await approved(device, client);

  const queue: Operation[] = [];
  for (const call of Object.values(calls)) queue.push(await client.operations.create(key, call));
  assert.deepEqual(await server.states(queue), ["queued", "queued", "queued", "queued", "queued"]);

  const transferred = { EventCode: "M Download", CommandKey: "nightly" };
  await device.inform({ events: ["1 BOOT", "7 TRANSFER COMPLETE", transferred] });
  assert.deepEqual(await device.request({ method: "TransferComplete", params: transfer }), {});
  const own = credentialsIn((await device.expectRpc("SetParameterValues")).params.ParameterList);
  await device.answer({ Status: 0 });

  await takesOneAtATime(device, server, queue);
  await device.sendInform({ events: ["1 BOOT"] });
  assert.equal((await device.expectStatus(401)).status, 401, "the first-contact secret has had its day");
  await using rebooted = new LockstepDevice({ acsUrl: life.acsUrl, deviceId, credentials: own.login });
  await rebooted.inform({ events: ["1 BOOT", { EventCode: "M Reboot", CommandKey: "maintenance" }] });
  await rebooted.expectNothing();
  assert.deepEqual(await server.eventNames(key), [
    ...["enrolled", "approved"],
    ...["boot", "transfer-complete", "m-download", "transfer-complete-report", "credentials-confirmed"],
    ...["boot", "m-reboot"],
  ]);
  assert.deepEqual(
    device.ledger.entries().map(({ method }) => method),
    [
      ...["SetParameterValues", "GetParameterValues", "SetParameterValues", "AddObject", "Reboot"],
      "X_F0F0F0_Chime",
    ],
  );
});

test("ACS-initiated classic dialog by connection request", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  const { client, life } = server;
  await using unboxed = new LockstepDevice({ acsUrl: life.acsUrl });
  const { key, deviceId } = unboxed;
  await unboxed.inform({ events: ["0 BOOTSTRAP", "1 BOOT"] });
  const own = credentialsIn((await unboxed.expectRpc("SetParameterValues")).params.ParameterList);
  await unboxed.answer({ Status: 0 });
  await unboxed.expectNothing();

  await using device = new LockstepDevice({ acsUrl: life.acsUrl, deviceId, credentials: own.login });
  await device.listen(own.connectionRequest);
  await device.inform({ events: ["1 BOOT"] });
  await device.expectNothing();
  assert.equal(device.connectionRequests, 0);

  const reading = client.operations.create(key, { ...calls.read, wait: 20 });
  await device.expectConnectionRequest();
  await device.inform({ events: ["6 CONNECTION REQUEST"] });
  assert.deepEqual(plain(await device.expectRpc("GetParameterValues")), calls.read.params);
  await device.answer({ ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "1.0" } } });
  const read = await reading;
  assert.equal(read.state, "done");
  assert.deepEqual(read.result, { ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "1.0" } } });
  await device.expectNothing();

  const rebooting = client.operations.create(key, { ...calls.reboot, wait: 20 });
  await device.expectConnectionRequest();
  await device.inform({ events: ["6 CONNECTION REQUEST"] });
  assert.equal((await device.expectRpc("Reboot")).params.CommandKey, "maintenance");
  await device.answer();
  assert.equal((await rebooting).state, "done");
  await device.expectNothing();
  device.cut();
  await device.inform({ events: ["1 BOOT", { EventCode: "M Reboot", CommandKey: "maintenance" }] });
  await device.expectNothing();

  assert.equal(device.connectionRequests, 0, "a device is not called without need");
  assert.deepEqual(await server.eventNames(key), [
    ...["enrolled", "bootstrap", "boot", "credentials-confirmed", "boot"],
    ...["connection-request", "connection-request", "boot", "m-reboot"],
  ]);
});

/** Who proves nothing is asked to, by Digest. */
async function challengesStrangers(acsUrl: string): Promise<void> {
  await using stranger = new LockstepDevice({ acsUrl });
  await stranger.sendInform({ events: ["1 BOOT"] });
  const challenge = await stranger.expectStatus(401);
  const offered = parseChallenges(challenge.headers.get("www-authenticate")?.join(", ") ?? "");
  assert.ok(offered.some(({ scheme }) => scheme === "digest"));
}

/** A device with the shared secret is not called before a person lets it in. */
async function approved(device: LockstepDevice, client: Client): Promise<void> {
  assert.deepEqual(await device.inform({ events: ["0 BOOTSTRAP", "1 BOOT"] }), { MaxEnvelopes: 1 });
  await device.expectNothing();
  assert.equal((await client.devices.get(device.key)).approval, "waiting");
  await client.devices.approve(device.key);
}

/** One call is out at a time, in the order in which they were asked for, whatever becomes of each. */
async function takesOneAtATime(
  device: LockstepDevice,
  server: RunningServer,
  queue: readonly Operation[],
): Promise<void> {
  assert.deepEqual(plain(await device.expectRpc("GetParameterValues")), calls.read.params);
  assert.deepEqual(await server.states(queue), ["running", "queued", "queued", "queued", "queued"]);
  await device.answer({ ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "1.0" } } });
  assert.deepEqual(plain(await device.expectRpc("SetParameterValues")), calls.write.params);
  assert.deepEqual(await server.states(queue), ["done", "running", "queued", "queued", "queued"]);
  await device.answer({ Status: 1 });
  assert.equal((await device.expectRpc("AddObject")).params.ObjectName, calls.add.params.ObjectName);
  await device.answer({ InstanceNumber: 7, Status: 0 });
  assert.equal((await device.expectRpc("Reboot")).params.CommandKey, "maintenance");
  await device.answer();
  assert.deepEqual(plain(await device.expectRpc("X_F0F0F0_Chime")), calls.chime.params);
  assert.deepEqual(await server.states(queue), ["done", "done", "done", "done", "running"]);
  await device.fault(9002, "the bell is broken");
  await device.expectNothing();

  assert.deepEqual(await server.results(queue), [
    { ParameterList: { "Device.DeviceInfo.": { SoftwareVersion: "1.0" } } },
    { Status: 1 },
    { InstanceNumber: 7, Status: 0 },
    {},
    { code: 9002, message: "the bell is broken" },
  ]);
}

const transfer = {
  CommandKey: "nightly",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};

const calls = {
  read: {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] },
  },
  write: {
    method: "SetParameterValues",
    params: { ParameterList: { "Device.DeviceInfo.": { ProvisioningCode: "north" } } },
  },
  add: { method: "AddObject", params: { ObjectName: "Device.NAT.PortMapping." } },
  reboot: { method: "Reboot", params: { CommandKey: "maintenance" } },
  chime: { method: "X_F0F0F0_Chime", params: { Volume: "loud" } },
} as const;

/** What a call carries, as objects that compare as such. */
function plain({ params }: { readonly params: unknown }): unknown {
  return structuredClone(params);
}
