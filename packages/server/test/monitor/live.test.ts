import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ApiError, createClient, type Client } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { LiveWatch } from "./live-watch.ts";
import { KEY, LEVEL, WatchedDevice } from "./watched-device.ts";

const OTHER = "Device.Sky.2.Level";
let serial = 0;

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

for (const speaks of ["cwmp.json", "v12.stomp"] as const) {
  test(`by ${speaks} a manager sees values as they change, and no call is made for it [LIGHT-OBSERVE-1]`, async () => {
    await using device = await started(speaks);
    await using watch = new LiveWatch(acs.client, [device.key, "Device.Sky.*.Level"], { changes: true });
    await watch.way("observe");
    assert.deepEqual(await watch.values(), sky(1, 1));
    device.model.set(LEVEL, 7);
    assert.deepEqual(await watch.values(), sky(7, 1));
    const { items } = await acs.client.devices.events(device.key, { limit: 1_000 });
    assert.equal(items.filter(({ name }) => name === "operation").length, 0);
    assert.equal(device.served.includes("GetParameterValues"), false);
  });
}

test("those who watch one device are one for it, and each is told what they asked for [LIGHT-OBSERVE-3]", async () => {
  await using device = await started("cwmp.json");
  await using one = new LiveWatch(acs.client, [device.key, LEVEL], { changes: true });
  assert.deepEqual(await one.values(), { "Device.Sky.1.": { Level: 1 } });
  await using other = new LiveWatch(acs.client, [device.key, OTHER], { changes: true });
  assert.deepEqual(await other.values(), { "Device.Sky.2.": { Level: 1 } });
  device.model.set(LEVEL, 3);
  device.model.set(OTHER, 4);
  const at = (instance: number, level: number) => (values: object) =>
    JSON.stringify(values) === JSON.stringify({ [`Device.Sky.${instance}.`]: { Level: level } });
  await one.values(at(1, 3));
  await other.values(at(2, 4));
});

test("who watches sees what their grant lets them read, and no secrets [LIGHT-OBSERVE-4]", async () => {
  await using device = await started("cwmp.json");
  const client = await granted(device.key, ["Device.Sky.1."]);
  await using watch = new LiveWatch(client, [device.key, "Device.Sky.1."], { changes: true });
  assert.deepEqual(await watch.values(), { "Device.Sky.1.": { Level: 1, PreSharedKey: "(hidden)" } });
  await using all = new LiveWatch(acs.client, [device.key, KEY], { changes: true });
  assert.deepEqual(await all.values(), { "Device.Sky.1.": { PreSharedKey: "sesame" } });
  for (const path of [OTHER, "Device.Sky.", "Device.Sky.*.Level", ""]) {
    await using refused = new LiveWatch(client, [device.key, path]);
    await assert.rejects(refused.values(), isNotAllowed, path);
  }
});

test("a device that was away is asked again once it is back [LIGHT-OBSERVE-2]", async () => {
  const device = await started("cwmp.json");
  await using watch = new LiveWatch(acs.client, [device.key, LEVEL], { changes: true });
  assert.deepEqual(await watch.values(), { "Device.Sky.1.": { Level: 1 } });
  await device[Symbol.asyncDispose]();
  await watch.way("read");
  await using back = await WatchedDevice.start({
    acsUrl: acs.life.acsUrl,
    serial: device.key.split("-").at(-1) ?? "",
    speaks: "cwmp.json",
  });
  await watch.way("observe");
  back.model.set(LEVEL, 9);
  await watch.values((values) => JSON.stringify(values) === '{"Device.Sky.1.":{"Level":9}}');
});

test("a device that does not speak light is read, and who watches is told so [LIGHT-OBSERVE-5]", async () => {
  await using device = await started("not");
  await using watch = new LiveWatch(acs.client, [device.key, LEVEL]);
  const way = await watch.way("read");
  assert.deepEqual(way, { type: "way", way: "read", every: 30 });
  assert.deepEqual(await watch.values(), { "Device.Sky.1.": { Level: 1 } });
  assert.equal(device.served.filter((method) => method === "GetParameterValues").length, 1);
});

test("a device that does not speak light tells of changes as they come, for as long as somebody watches [LIGHT-NOTIFY-1]", async () => {
  await using device = await started("not");
  const watch = new LiveWatch(acs.client, [device.key, LEVEL], { changes: true });
  assert.deepEqual(await watch.values(), { "Device.Sky.1.": { Level: 1 } });
  await device.tells(2);
  device.model.set(LEVEL, 9);
  await watch.values((values) => JSON.stringify(values) === '{"Device.Sky.1.":{"Level":9}}');
  assert.equal(device.served.filter((method) => method === "GetParameterValues").length, 1);
  await watch[Symbol.asyncDispose]();
  await device.tells(0);
});

async function started(speaks: "cwmp.json" | "v12.stomp" | "not"): Promise<WatchedDevice> {
  serial += 1;
  return WatchedDevice.start({ acsUrl: acs.life.acsUrl, serial: `live${serial}`, speaks });
}

function sky(one: number, two: number) {
  return { "Device.Sky.1.": { Level: one }, "Device.Sky.2.": { Level: two } };
}

async function granted(device: string, read: readonly string[]): Promise<Client> {
  const { token } = await acs.client.grants.create({
    holder: "an astronomer",
    reason: "to look at the sky",
    devices: [device],
    methods: ["GetParameterValues"],
    read: [...read],
    seconds: 600,
  });
  return createClient({ url: acs.life.northboundUrl, token });
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "not-allowed";
}
