import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ApiError, createClient, type Client } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { enrolledDevice } from "./manage/enrolled-device.ts";
import { JsonManager } from "./manage/json-manager.ts";
import { StompManager } from "./manage/stomp-manager.ts";
import { RunningServer } from "./running-server.ts";

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } };
const WRITE = { method: "Reboot", params: { CommandKey: "" } };

test("whoever holds a device writes to it, and others are told who holds it and until when, at every door [MANAGE-LEASE-1]", async () => {
  await using device = await enrolledDevice(acs);
  const desk = await managerNamed("desk", "operator");
  const { ends } = await desk.client.leases.take(device.key, { seconds: 60, reason: "ticket 4711" });
  const sentence = new RegExp(`desk holds the device until ${ends}`);
  await assert.rejects(acs.client.operations.create(device.key, WRITE), leasedAs(sentence));
  await assert.rejects(acs.client.leases.take(device.key), leasedAs(sentence));
  using json = await JsonManager.connect(acs.life);
  const refused = JSON.stringify(await json.ask(1, WRITE.method, { Device: device.key, ...WRITE.params }));
  assert.match(refused, /"code":-32000/);
  assert.match(refused, sentence);
  assert.match(refused, /urn:heliograph:problem:leased/);
  await using stomp = await StompManager.connect(acs.life);
  stomp.ask(device.key, [WRITE.method, WRITE.params], { "request-id": "w" });
  const { requestId, status, body } = await stomp.answers.take();
  assert.deepEqual([requestId, status], ["w", "refused"]);
  assert.match(body, sentence);
  const own = await desk.client.operations.create(device.key, WRITE);
  const read = await acs.client.operations.create(device.key, READ);
  assert.deepEqual([own.state, read.state], ["queued", "queued"]);
});

test("a lease is released by its holder, broken by who may admit devices, and by nobody else [MANAGE-LEASE-2]", async () => {
  await using device = await enrolledDevice(acs);
  const desk = await managerNamed("first desk", "support");
  const other = await managerNamed("other desk", "support");
  await desk.client.leases.take(device.key);
  await assert.rejects(other.client.leases.end(device.key), leasedAs(/first desk/));
  await desk.client.leases.end(device.key);
  await other.client.leases.take(device.key);
  await acs.client.leases.end(device.key);
  await assert.rejects(acs.client.leases.get(device.key), refusedAs("not-leased"));
  const { items } = await acs.client.devices.events(device.key, { limit: 100 });
  assert.deepEqual(
    items
      .filter(({ name }) => name.startsWith("lease-"))
      .map(({ name, data }) => [name, data["holder"], data["by"]]),
    [
      ["lease-taken", "first desk", undefined],
      ["lease-released", "first desk", "first desk"],
      ["lease-taken", "other desk", undefined],
      ["lease-broken", "other desk", "local"],
    ],
  );
  const audit = await acs.client.audit({ device: device.key });
  const acts = audit.items.map(({ action }) => action).filter((action) => action.endsWith("-lease"));
  assert.deepEqual(acts.toReversed(), ["take-lease", "release-lease", "take-lease", "break-lease"]);
});

test("a lease that is over keeps nobody out, and is told of; none is longer than an hour or than what its holder came in by [MANAGE-LEASE-3]", async () => {
  await using device = await enrolledDevice(acs);
  const desk = await managerNamed("brief desk", "operator");
  await desk.client.leases.take(device.key, { seconds: 1 });
  await acs.event(device.key, "lease-expired");
  const operation = await acs.client.operations.create(device.key, WRITE);
  assert.equal(operation.state, "queued");
  await assert.rejects(desk.client.leases.take(device.key, { seconds: 3_601 }), refusedAs("invalid-request"));
  const grant = { holder: "h", reason: "r", devices: [device.key], write: ["Device.WiFi."], seconds: 60 };
  const made = await acs.client.grants.create(grant);
  const client = createClient({ url: acs.life.northboundUrl, token: made.token });
  const lease = await client.leases.take(device.key, { seconds: 3_600 });
  assert.equal(lease.ends, made.expires);
  await acs.client.grants.revoke(made.id);
  await assert.rejects(acs.client.leases.get(device.key), refusedAs("not-leased"));
});

test("who only reads, and who does not see a device, holds none [MANAGE-LEASE-4]", async () => {
  await using device = await enrolledDevice(acs);
  await using other = await enrolledDevice(acs);
  const viewer = await managerNamed("a viewer", "viewer");
  await assert.rejects(viewer.client.leases.take(device.key), refusedAs("not-allowed"));
  const grant = { holder: "h", reason: "r", devices: [device.key], write: ["Device.WiFi."] };
  const { token } = await acs.client.grants.create(grant);
  const client = createClient({ url: acs.life.northboundUrl, token });
  await assert.rejects(client.leases.take(other.key), refusedAs("not-allowed"));
  await assert.rejects(client.leases.get(other.key), refusedAs("not-allowed"));
});

test("a lease outlives the server that gave it [MANAGE-LEASE-5]", async () => {
  using own = tempDir();
  await using server = await RunningServer.start(own, "loopback");
  await using device = await enrolledDevice(server);
  const { token } = await server.client.tokens.create({ name: "desk", role: "operator" });
  const desk = createClient({ url: server.life.northboundUrl, token });
  const lease = await desk.leases.take(device.key, { seconds: 3_600 });
  await server.supervisor.kill();
  const next = await server.supervisor.up(2);
  const client = createClient({ url: next.northboundUrl, token: next.token });
  assert.deepEqual(await client.leases.get(device.key), lease);
  await assert.rejects(client.operations.create(device.key, WRITE), leasedAs(/desk holds the device/));
});

async function managerNamed(name: string, role: string): Promise<{ readonly client: Client }> {
  const { token } = await acs.client.tokens.create({ name, role });
  return { client: createClient({ url: acs.life.northboundUrl, token }) };
}

function leasedAs(sentence: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ApiError && error.reason === "leased" && sentence.test(error.message);
}

function refusedAs(reason: string): (error: unknown) => boolean {
  return (error) => error instanceof ApiError && error.reason === reason;
}
