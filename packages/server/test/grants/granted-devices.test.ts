import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ApiError, createClient, type Client } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { enrolledDevice } from "../manage/enrolled-device.ts";
import { JsonManager, type JsonTold } from "../manage/json-manager.ts";
import { LiveWatch } from "../monitor/live-watch.ts";
import { LEVEL, WatchedDevice } from "../monitor/watched-device.ts";
import { RunningServer } from "../running-server.ts";

const SECOND_MS = 1_000;
const BERLIN = { where: 'tag = "berlin"' };
const READ = { method: "GetParameterValues", params: { ParameterNames: [LEVEL] } };
let serial = 0;

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("a grant by an expression covers the devices of which it is true, and no others, at every door [GRANTS-WHERE-1, GRANTS-WHERE-2]", async () => {
  await using inside = await tagged("berlin");
  await using outside = await tagged("paris");
  const { covers, devices, token } = await acs.client.grants.create({ ...asked(), devices: BERLIN });
  assert.deepEqual([devices, covers], [BERLIN, { devices: 1 }]);
  const client = clientOf(token);
  assert.deepEqual(keysIn(await client.devices.list()), [inside.key]);
  assert.deepEqual(keysIn(await client.devices.list({ where: "has tag" })), [inside.key]);
  assert.equal((await client.operations.create(inside.key, { ...READ, wait: 20 })).state, "done");
  const foreign = await acs.client.operations.create(outside.key, READ);
  for (const tried of [
    client.devices.get(outside.key),
    client.devices.parameters(outside.key),
    client.devices.events(outside.key),
    client.operations.create(outside.key, READ),
  ]) {
    await assert.rejects(tried, refusedAs("not-allowed"));
  }
  await assert.rejects(client.operations.get(foreign.id), refusedAs("unknown-operation"));
  using manager = await JsonManager.connect({ ...acs.life, token });
  const ask = async (Device: string): Promise<string> =>
    JSON.stringify(await manager.ask(1, READ.method, { Device, ...READ.params }));
  assert.match(await ask(inside.key), /"Level":1/);
  assert.match(await ask(outside.key), /not-allowed/);
});

test("a device that leaves is out at once: sockets and streams on it end within a second, and what it tells is told no more [GRANTS-WHERE-3]", async () => {
  await using device = await tagged("berlin");
  await using other = await tagged("berlin");
  const monitors = "private/*/monitor";
  const grant = { ...asked(), devices: BERLIN, channels: [monitors] };
  const { token } = await acs.client.grants.create(grant);
  const client = clientOf(token);
  await using watch = new LiveWatch(client, [device.key, LEVEL], { changes: true });
  await watch.values();
  using observing = await JsonManager.connect({ ...acs.life, token });
  const view = { View: "v", Paths: [LEVEL] };
  await observing.ask(1, "Observe", { Device: device.key, ...view });
  using following = await JsonManager.connect({ ...acs.life, token });
  await following.ask(1, "Subscribe", { Channel: `private/${device.key}/monitor` });
  using staying = await JsonManager.connect({ ...acs.life, token });
  await staying.ask(1, "Observe", { Device: other.key, ...view });
  await using silent = await enrolledDevice(acs);
  await acs.client.groups.addTag(silent.key, "berlin");
  const waiting = client.operations.create(silent.key, { ...READ, wait: 60 });
  const refused = assert.rejects(waiting, refusedAs("unauthenticated"));
  await acs.event(silent.key, "operation");
  const began = performance.now();
  for (const { key } of [device, silent]) await acs.client.groups.removeTag(key, "berlin");
  await assert.rejects(client.devices.get(device.key), refusedAs("not-allowed"));
  const closed = [observing.closes.take(), following.closes.take()];
  assert.deepEqual(await Promise.all(closed), [4001, 4001]);
  const ended = async (): Promise<never> => {
    for (;;) await watch.values();
  };
  await assert.rejects(ended(), refusedAs("not-allowed"));
  await refused;
  assert.ok(performance.now() - began < 2 * SECOND_MS);
  assert.ok(keysIn(await client.devices.list()).includes(other.key));
  staying.call(2, "Unobserve", { Device: other.key, View: "v" });
  const isAnswer = (message: JsonTold): boolean => "id" in message && message["id"] === 2;
  while (!isAnswer(await staying.told.take()));
});

test("who has devices by an expression gives of them by a narrower one, and no device by its key [GRANTS-GIVE-1]", async () => {
  await using device = await tagged("berlin");
  const rights = {
    ...{ methods: ["GetParameterValues"], read: ["Device."], write: [], channels: [] },
    ...{ acts: ["give-grants"] as const, secrets: false },
  };
  await acs.client.roles.set("berlin-desk", { ...rights, devices: BERLIN });
  const { token } = await acs.client.tokens.create({ name: "berlin", role: "berlin-desk" });
  const client = clientOf(token);
  const give = (devices: { readonly where: string } | readonly string[]) =>
    client.grants.create({ ...asked(), methods: ["GetParameterValues"], devices });
  const narrower = await give({ where: `softwareVersion = "1" and ${BERLIN.where}` });
  assert.deepEqual(narrower.devices, { where: `softwareVersion = "1" and ${BERLIN.where}` });
  for (const wider of [[device.key], { where: "has tag" }, { where: `${BERLIN.where} or has tag` }])
    await assert.rejects(give(wider), refusedAs("not-allowed"));
  const own = clientOf((await give(BERLIN)).token);
  const { id } = (await client.grants.list()).items[0] ?? assert.fail("there is a grant");
  await assert.rejects(own.grants.narrow(id, { devices: { where: "has tag" } }), refusedAs("not-allowed"));
  const left = await own.grants.narrow(id, { devices: { where: `${BERLIN.where} and tag = "gold"` } });
  assert.deepEqual(left.covers, { devices: 0 });
  assert.deepEqual(keysIn(await own.devices.list()), []);
});

test("what is no expression, or asks for what its giver may not read, gives nothing [GRANTS-WHERE-2]", async () => {
  const giving = acs.client.grants.create({ ...asked(), devices: { where: "tag =" } });
  await assert.rejects(giving, refusedAs("invalid-expression"));
  const rights = {
    ...{ methods: [], read: ["Device.Sky."], write: [], channels: [], devices: "every" as const },
    ...{ acts: ["give-grants"] as const, secrets: false },
  };
  await acs.client.roles.set("curious", rights);
  const { token } = await acs.client.tokens.create({ name: "curious", role: "curious" });
  const where = 'Device.WiFi.SSID.1.SSID = "home"';
  const prying = clientOf(token).grants.create({
    ...{ holder: "h", reason: "r", read: [LEVEL], methods: [], devices: { where } },
  });
  await assert.rejects(prying, refusedAs("not-allowed"));
});

async function tagged(tag: string): Promise<WatchedDevice> {
  serial += 1;
  const { acsUrl } = acs.life;
  const device = await WatchedDevice.start({ acsUrl, serial: `G${serial}`, speaks: "cwmp.json" });
  await acs.client.groups.addTag(device.key, tag);
  return device;
}

function asked() {
  return { holder: "the desk of Berlin", reason: "night shift", read: ["Device.Sky."] };
}

function clientOf(token: string): Client {
  return createClient({ url: acs.life.northboundUrl, token });
}

function keysIn({ items }: Awaited<ReturnType<Client["devices"]["list"]>>): readonly string[] {
  return items.map(({ key }) => key);
}

function refusedAs(reason: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.reason, reason, error.message);
    return true;
  };
}
