import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Arrivals, assertWithinSecond, tempDir } from "@heliograph/testkit";
import { LiveWatch } from "../monitor/live-watch.ts";
import { LEVEL, WatchedDevice } from "../monitor/watched-device.ts";
import { RunningServer } from "../running-server.ts";
import { JsonManager, type JsonTold } from "./json-manager.ts";
import { headersOf, StompManager } from "./stomp-manager.ts";

const OTHER = "Device.Sky.2.Level";
let serial = 0;

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("a manager observes a device by JSON-RPC: it is told how, then values as they change, until it unobserves [MANAGE-OBSERVE-1]", async () => {
  await using device = await started();
  using manager = await JsonManager.connect(acs.life);
  const of = { Device: device.key, View: "sky" };
  const asked = await manager.ask(1, "Observe", { ...of, Paths: ["Device.Sky.*.Level"], OnChange: true });
  assert.deepEqual(asked, { jsonrpc: "2.0", id: 1, result: of });
  const { Way, ...rest } = paramsOf(await told(manager, "Observing"));
  assert.deepEqual([Way, rest], ["observe", of]);
  const { ParameterList, Time } = paramsOf(await told(manager, "Observed"));
  assert.deepEqual(ParameterList, { "Device.Sky.1.": { Level: 1 }, "Device.Sky.2.": { Level: 1 } });
  assert.match(String(Time), /^20\d\d-.*Z$/);
  device.model.set(LEVEL, 7);
  const changed = paramsOf(await told(manager, "Observed"));
  assert.deepEqual(changed["ParameterList"], {
    "Device.Sky.1.": { Level: 7 },
    "Device.Sky.2.": { Level: 1 },
  });
  assert.deepEqual(await manager.ask(2, "Unobserve", of), { jsonrpc: "2.0", id: 2, result: {} });
  device.model.set(LEVEL, 8);
  await manager.ask(3, "Unsubscribe", { Channel: "public/none" });
  assert.equal(manager.told.untaken, 0);
});

test("however many observe a device, by whichever door, it is asked for one view, and each is told what they asked for [MANAGE-OBSERVE-2]", async () => {
  await using device = await started();
  await using rest = new LiveWatch(acs.client, [device.key, LEVEL], { changes: true });
  await rest.values();
  using manager = await JsonManager.connect(acs.life);
  manager.call(1, "Observe", { Device: device.key, View: "v", Paths: [OTHER], OnChange: true });
  await using stomp = await StompManager.connect(acs.life);
  const seen = new Arrivals<unknown>("values by STOMP");
  const headers = headersOf({ paths: `${LEVEL} ${OTHER}`, changes: "true" });
  stomp.client.subscribe(`/device/${device.key}/live`, ({ body }) => seen.add(JSON.parse(body)), headers);
  device.model.set(OTHER, 5);
  await until(manager, "Observed", { "Device.Sky.2.": { Level: 5 } });
  const both = JSON.stringify({ "Device.Sky.1.": { Level: 1 }, "Device.Sky.2.": { Level: 5 } });
  for (let said = await seen.take(); !JSON.stringify(said).includes(both); said = await seen.take());
  assert.equal(device.served.includes("GetParameterValues"), false);
});

test("what is observed is what the grant reads, and ends within a second of its end [MANAGE-OBSERVE-3]", async () => {
  await using device = await started();
  const { id, token } = await acs.client.grants.create({
    ...{ holder: "desk", reason: "test", devices: [device.key], read: ["Device.Sky.1."] },
  });
  using manager = await JsonManager.connect({ ...acs.life, token });
  for (const Paths of [[OTHER], ["Device.Sky."], ["Device.Sky.*.Level"], [""]]) {
    const refused = await manager.ask(1, "Observe", { Device: device.key, View: "v", Paths });
    assert.match(JSON.stringify(refused), /not-allowed/, String(Paths));
  }
  manager.call(2, "Observe", { Device: device.key, View: "v", Paths: ["Device.Sky.1."], OnChange: true });
  await until(manager, "Observed", { "Device.Sky.1.": { Level: 1, PreSharedKey: "(hidden)" } });
  const [entry] = (await acs.client.audit({ grant: id, limit: 1 })).items;
  assert.deepEqual([entry?.action, entry?.device], ["watch-live", device.key]);
  await assertWithinSecond(acs.life.northboundUrl, async () => {
    await acs.client.grants.revoke(id);
    assert.equal(await manager.closes.take(), 4001);
  });
});

test("by STOMP a device's values are subscribed to, until they are unsubscribed from or may not be read [MANAGE-OBSERVE-1, MANAGE-OBSERVE-3]", async () => {
  await using device = await started();
  const destination = `/device/${device.key}/live`;
  await using manager = await StompManager.connect(acs.life);
  const seen = new Arrivals<unknown>("values");
  const headers = { id: "sky", paths: LEVEL, interval: "1", receipt: manager.receipt() };
  manager.client.subscribe(destination, ({ body }) => seen.add(JSON.parse(body)), headersOf(headers));
  await manager.receipts.take();
  assert.deepEqual(await seen.take(), { type: "way", way: "observe", every: 1 });
  assert.match(JSON.stringify(await seen.take()), /"values":\{"Device.Sky.1.":\{"Level":1\}\}/);
  const receipt = manager.receipt();
  manager.client.unsubscribe("sky", headersOf({ receipt }));
  await manager.receipts.take();
  for (const wrong of [{}, { paths: LEVEL, interval: "0" }, { paths: LEVEL, changes: "maybe" }]) {
    await using other = await StompManager.connect(acs.life);
    other.client.subscribe(destination, () => assert.fail("it is refused"), headersOf(wrong));
    await other.errors.take();
  }
  const { token } = await acs.client.grants.create({
    ...{ holder: "desk", reason: "test", devices: [device.key], read: [OTHER] },
  });
  await using grantee = await StompManager.connect({ ...acs.life, token });
  grantee.client.subscribe(destination, () => assert.fail("it is refused"), headersOf({ paths: LEVEL }));
  assert.match((await grantee.errors.take()).headers["message"] ?? "", /reading Device\.Sky\.1\.Level/);
});

test("what cannot be observed is answered by an error, and the connection stays [MANAGE-OBSERVE-1]", async () => {
  using manager = await JsonManager.connect(acs.life);
  const good = { Device: "F0F0F0-Sundial-none", View: "v", Paths: [LEVEL] };
  const wrong = [{ Device: "none" }, { View: "" }, { Paths: [] }, { Interval: 0 }, { OnChange: "yes" }, {}];
  for (const change of wrong) {
    const answer = await manager.ask(1, "Observe", { ...good, ...change });
    assert.match(JSON.stringify(answer), /"code":-32000/, JSON.stringify(change));
  }
  await using device = await started();
  const views = Array.from({ length: 33 }, (_, index) => ({
    ...good,
    Device: device.key,
    View: `v${index}`,
  }));
  for (const view of views) manager.call(view.View, "Observe", view);
  const refused = await answerTo(manager, "v32");
  assert.match(JSON.stringify(refused), /too-many-streams/);
});

async function started(): Promise<WatchedDevice> {
  serial += 1;
  return WatchedDevice.start({ acsUrl: acs.life.acsUrl, serial: String(serial), speaks: "cwmp.json" });
}

/** The next notification of this name; others are passed over. */
async function told(manager: JsonManager, method: string): Promise<JsonTold> {
  for (;;) {
    const next = await manager.told.take();
    if ("method" in next && next["method"] === method) return next;
  }
}

async function answerTo(manager: JsonManager, id: string): Promise<JsonTold> {
  for (;;) {
    const next = await manager.told.take();
    if ("id" in next && next["id"] === id) return next;
  }
}

async function until(manager: JsonManager, method: string, ParameterList: object): Promise<void> {
  for (;;) {
    const params = paramsOf(await told(manager, method));
    if (JSON.stringify(params["ParameterList"]) === JSON.stringify(ParameterList)) return;
  }
}

function paramsOf(message: JsonTold): Readonly<Record<string, unknown>> {
  const params = "params" in message ? message["params"] : undefined;
  assert.ok(typeof params === "object" && params !== null);
  return Object.fromEntries(Object.entries(params));
}
