import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Device } from "@heliograph/api";
import type { Credentials } from "@heliograph/agent/node";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { KEEPING, OFFER, openSocket, refer } from "./light-bench.ts";
import { credentialsIn } from "./own-credentials.ts";
import { RunningServer } from "./running-server.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "none"));
after(() => resources.disposeAsync());

const { client, life } = server;
const { firstContact } = life;

const START = { events: ["0 BOOTSTRAP", "1 BOOT"] } as const;
const read = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo.UpTime"] },
} as const;
const upTime = { ParameterList: { "Device.DeviceInfo.": { UpTime: 5 } } };
const transfer = {
  CommandKey: "nightly",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};

test("whoever starts from nothing in the name of a device that stands claims it: heard, and told and believed nothing", async () => {
  const { device, login, before } = await standing();
  await using claimant = named(device, firstContact);
  const lie = { "Device.DeviceInfo.": { SoftwareVersion: "evil" } };
  await claimant.inform({ ...START, parameters: lie, header: OFFER });
  assert.equal(claimant.header.webSocketReference, undefined);
  await claimant.send({ method: "TransferComplete", params: transfer });
  await claimant.expectFault(8005);
  const { claim, ...rest } = await shown(device);
  assert.deepEqual(rest, before);
  assert.ok(claim !== undefined);
  assert.deepEqual([claim.address, claim.count, claim.last], ["127.0.0.1", 1, claim.at]);
  assert.deepEqual(await claimed(), [device.key]);
  assert.deepEqual(await namesSince(device, "credentials-confirmed"), ["claimed"]);

  const operation = await client.operations.create(device.key, read);
  await claimant.expectNothing();
  await using own = named(device, login);
  await own.inform({ events: ["4 VALUE CHANGE"] });
  await own.expectRpc("GetParameterValues");
  await own.answer(upTime);
  await own.expectNothing();
  assert.deepEqual(await server.states([operation]), ["done"]);
  assert.deepEqual(await namesSince(device, "credentials-confirmed"), [
    "claimed",
    "claim-dropped",
    "value-change",
  ]);
  assert.equal((await client.devices.get(device.key)).claim, undefined);
  assert.deepEqual(await claimed(), []);
});

test("a claim that comes in the middle of the device's session does not disturb it", async () => {
  const { device, login } = await standing();
  await using own = named(device, login);
  const operation = await client.operations.create(device.key, read);
  await own.inform();
  await own.expectRpc("GetParameterValues");
  await using claimant = named(device, firstContact);
  for (let count = 0; count < 3; count += 1) {
    await claimant.inform(START);
    await claimant.expectNothing();
  }
  await own.answer(upTime);
  assert.deepEqual(await own.request({ method: "TransferComplete", params: transfer }), {});
  await own.expectNothing();
  assert.deepEqual(await server.results([operation]), [upTime]);
  assert.equal((await client.devices.get(device.key)).claim?.count, 3);
  await client.devices.rejectClaim(device.key);
});

test("a light connection stands through a claim, and whoever opens one with the device's token drops it", async () => {
  const { device, login } = await standing();
  await using own = named(device, login);
  await using socket = await openSocket(await refer(own));
  const { Token: token } = await socket.attach(KEEPING);
  await own.expectNothing();
  await using claimant = named(device, firstContact);
  await claimant.inform({ ...START, header: OFFER });
  await claimant.expectNothing();
  const reading = client.operations.create(device.key, { ...read, wait: 20 });
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
  assert.equal((await reading).state, "done");
  assert.equal((await client.devices.get(device.key)).claim?.count, 1);

  await using again = await openSocket({
    url: socketUrl(own),
    subprotocol: "cwmp.json",
    token,
    expiresIn: 0,
  });
  await again.attach(KEEPING);
  assert.equal((await client.devices.get(device.key)).claim, undefined);
  assert.deepEqual(await namesSince(device, "claimed"), ["claim-dropped", "connected"]);
});

test("a claim that a person approves makes its next first contact the device, and shuts out whoever was", async () => {
  const { device, login } = await standing();
  await using own = named(device, login);
  await using socket = await openSocket(await refer(own));
  const { Token: token } = await socket.attach(KEEPING);
  await own.expectNothing();
  await using claimant = named(device, firstContact);
  await claimant.inform(START);
  await claimant.expectNothing();

  const { claim, credentials, approval } = await client.devices.approve(device.key);
  assert.ok(claim?.approved !== undefined);
  assert.deepEqual([credentials, approval], ["none", "approved"]);
  assert.deepEqual(await socket.expectClose(), { code: 4001, reason: "the token was revoked" });
  await own.sendInform();
  await own.expectStatus(401);
  await assert.rejects(openSocket({ url: socketUrl(own), subprotocol: "cwmp.json", token, expiresIn: 0 }));

  await claimant.inform(START);
  const call = await claimant.expectRpc("SetParameterValues");
  const renewed = credentialsIn(call.params.ParameterList).login;
  await claimant.answer({ Status: 0 });
  await claimant.expectNothing();
  assert.notEqual(renewed.password, login.password);
  await using reborn = named(device, renewed);
  await reborn.inform();
  await reborn.expectNothing();
  const { claim: decided, credentials: theirs } = await client.devices.get(device.key);
  assert.deepEqual([decided, theirs], [undefined, "confirmed"]);
  const names = await namesSince(device, "claimed");
  assert.deepEqual(
    names.filter((name) => name !== "disconnected"),
    ["claim-approved", "enrolled", "bootstrap", "boot", "credentials-confirmed"],
  );
});

test("a claim is approved while the device is in a session: it is called and told no more, and what it reports is not believed", async () => {
  const { device, login } = await standing();
  await using own = named(device, login);
  await client.devices.rotateCredentials(device.key);
  const operation = await client.operations.create(device.key, read);
  await own.inform();
  await using claimant = named(device, firstContact);
  await claimant.inform(START);
  await claimant.expectNothing();
  await client.devices.approve(device.key);
  await own.send({ method: "TransferComplete", params: transfer });
  await own.expectFault(8005);
  await own.expectNothing();
  await own.sendInform();
  await own.expectStatus(401);

  await claimant.inform(START);
  await claimant.expectRpc("SetParameterValues");
  await claimant.answer({ Status: 0 });
  await claimant.expectRpc("GetParameterValues");
  await claimant.answer(upTime);
  await claimant.expectNothing();
  assert.deepEqual(await server.results([operation]), [upTime]);
});

test("a claim that a person rejects leaves the device as it was, and may be made again", async () => {
  const { device, before } = await standing();
  await using claimant = named(device, firstContact);
  await claimant.inform(START);
  await claimant.expectNothing();
  await client.devices.rejectClaim(device.key);
  assert.deepEqual(await shown(device), before);
  await claimant.inform(START);
  await claimant.expectNothing();
  assert.deepEqual(await namesSince(device, "credentials-confirmed"), [
    "claimed",
    "claim-rejected",
    "claimed",
  ]);
  await client.devices.rejectClaim(device.key);
});

test("nobody claims a device that a person rejected", async () => {
  const { device } = await standing();
  await client.devices.reject(device.key);
  await using claimant = named(device, firstContact);
  await claimant.sendInform(START);
  await claimant.expectStatus(403);
  assert.equal((await client.devices.get(device.key)).claim, undefined);
});

test("at most twenty devices are claimed from one address at once; the next claimant is told to come later", async () => {
  const { device: last } = await standing();
  for (let count = 0; count < 20; count += 1) {
    const { device } = await standing();
    await using claimant = named(device, firstContact);
    await claimant.inform(START);
    await claimant.expectNothing();
  }
  await using claimant = named(last, firstContact);
  await claimant.sendInform(START);
  const { headers } = await claimant.expectStatus(503);
  assert.deepEqual(headers.get("retry-after"), ["3600"]);
  assert.equal((await client.devices.get(last.key)).claim, undefined);
  assert.equal((await claimed()).length, 20);
});

interface Standing {
  readonly device: Pick<LockstepDevice, "deviceId" | "key">;
  readonly login: Credentials;
  readonly before: Shown;
}

/** How a device is shown, but for its connection: that a session is over is told behind its last answer. */
type Shown = Omit<Device, "connection" | "reachability">;

/** A device that was approved and has taken credentials of its own. */
async function standing(): Promise<Standing> {
  await using device = new LockstepDevice({ acsUrl: life.acsUrl, credentials: firstContact });
  await device.inform(START);
  await device.expectNothing();
  await client.devices.approve(device.key);
  await device.inform(START);
  const { login } = credentialsIn((await device.expectRpc("SetParameterValues")).params.ParameterList);
  await device.answer({ Status: 0 });
  await device.expectNothing();
  const { deviceId, key } = device;
  return { device: { deviceId, key }, login, before: await shown({ key }) };
}

async function shown({ key }: Pick<Standing["device"], "key">): Promise<Shown> {
  const { connection: _, reachability: __, ...rest } = await client.devices.get(key);
  return rest;
}

/** Somebody who says to be that device. */
function named({ deviceId }: Standing["device"], credentials: Credentials): LockstepDevice {
  return new LockstepDevice({ acsUrl: life.acsUrl, deviceId, credentials });
}

/** The keys of devices that somebody claims. */
async function claimed(): Promise<readonly string[]> {
  return (await client.devices.list({ claimed: true })).items.map(({ key }) => key);
}

/** What happened to the device after its first event of that name. */
async function namesSince({ key }: Standing["device"], name: string): Promise<readonly string[]> {
  const names = await server.eventNames(key);
  return names.slice(names.indexOf(name) + 1);
}

function socketUrl({ header }: LockstepDevice): string {
  const { webSocketReference } = header;
  assert.ok(webSocketReference !== undefined);
  return webSocketReference.url;
}
