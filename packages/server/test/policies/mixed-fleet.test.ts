import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Policy, PolicyRequest } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { MixedDevice, reaches, type Reach } from "./mixed-device.ts";

/** Long beyond what anything takes that comes at all, also on a machine that is busy. */
const PATIENCE_MS = 40_000;
const DIAL = "Device.X_F0F0F0_Dial.";
const WHOLE: PolicyRequest = {
  group: "gold",
  values: { [DIAL]: { Mode: "summer" }, "Device.X_F0F0F0_Hand.*.": { Color: "gold" } },
  objects: [{ object: "Device.X_F0F0F0_Hour.", key: { Name: "noon" }, values: { Angle: 90 } }],
  rules: { waves: [1], perSecond: 100, pause: 0 },
};
const HELD = ["mode summer", "hand gold", "hand gold", "hour noon 90"];

test("devices of every transport come to hold one policy, in one table [LIGHT-BRING-1]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const devices = await bench.devices(Object.values(reaches));
  await client.policies.set("dial", WHOLE);
  await client.policies.publish("dial");
  await bench.until("dial", ({ compliance }) => compliance.applied === 4);
  const asleep = devices.find(({ key }) => key.endsWith("asleep"));
  assert.deepEqual(asleep?.shown[0], "mode none");
  await bench.coming(asleep, ({ compliance }) => compliance.applied === 5);
  for (const device of devices) assert.deepEqual([device.key, device.shown], [device.key, HELD]);
  const { items } = await client.policies.compliance("dial");
  assert.deepEqual(
    items.map(({ device, state, applied }) => [device, state, applied]).toSorted(),
    devices.map(({ key }) => [key, "applied", 1]).toSorted(),
  );
});

test("killed while a policy is brought about, the ACS goes on with it, and adds nothing twice [LIGHT-BRING-2]", async () => {
  await using bench = await openBench();
  const { client, supervisor } = bench.server;
  const devices = await bench.devices([reaches.soap, reaches.awake, reaches.json]);
  await client.policies.set("dial", WHOLE);
  await client.policies.publish("dial");
  for (let life = 2; life <= 4; life += 1) {
    const last = await bench.until("dial", ({ compliance }) => compliance.pending + compliance.applied > 0);
    await supervisor.kill();
    await supervisor.up(life);
    if (last.compliance.applied === 3) break;
  }
  await bench.until("dial", ({ compliance }) => compliance.applied === 3);
  for (const device of devices) assert.deepEqual([device.key, device.shown], [device.key, HELD]);
});

for (const reach of [reaches.json, reaches.awake]) {
  test(`what a ${reach.name} device cannot hold whole it holds not at all [LIGHT-BRING-3]`, async () => {
    await using bench = await openBench();
    const { client } = bench.server;
    const [device] = await bench.devices([reach]);
    assert.ok(device !== undefined);
    const objects = [{ object: "Device.X_F0F0F0_Hour.", key: { Name: "noon" }, values: { Angle: 720 } }];
    await client.policies.set("dial", { ...WHOLE, objects });
    await client.policies.publish("dial");
    await bench.until("dial", ({ compliance }) => compliance.faulted === 1);
    const { items } = await client.policies.compliance("dial");
    assert.match(JSON.stringify(items[0]?.faults), /X_F0F0F0_Hour.*Angle.*9007/);
    await shows(device, ["mode none", "hand black", "hand black"]);
  });

  test(`what somebody sets back on a ${reach.name} device is mended, three times an hour [LIGHT-BRING-4]`, async () => {
    await using bench = await openBench();
    const { client } = bench.server;
    const [device] = await bench.devices([reach]);
    assert.ok(device !== undefined);
    await client.policies.set("dial", WHOLE);
    await client.policies.publish("dial");
    await bench.until("dial", ({ compliance }) => compliance.applied === 1);
    for (const mode of ["hand 1", "hand 2", "hand 3"]) {
      device.model.set(`${DIAL}Mode`, mode);
      await shows(device, HELD);
    }
    await bench.until("dial", ({ compliance }) => compliance.applied === 1);
    device.model.set(`${DIAL}Mode`, "hand 4");
    await bench.until("dial", ({ compliance }) => compliance.fighting === 1);
    assert.equal(device.shown[0], "mode hand 4");
  });
}

for (const reach of [reaches.json, reaches.awake]) {
  test(`a ${reach.name} device that leaves the group keeps what it has, but for what the next policy holds [LIGHT-BRING-6]`, async () => {
    await using bench = await openBench();
    const { client } = bench.server;
    const [device] = await bench.devices([reach]);
    assert.ok(device !== undefined);
    const { rules } = WHOLE;
    await client.groups.set("all", { expression: 'productClass = "Sundial"' });
    await client.policies.set("base", {
      group: "all",
      values: { [DIAL]: { Mode: "base" } },
      priority: 1,
      ...(rules && { rules }),
    });
    await client.policies.set("dial", { ...WHOLE, priority: 5 });
    for (const name of ["base", "dial"]) await client.policies.publish(name);
    for (const name of ["base", "dial"])
      await bench.until(name, ({ compliance }) => compliance.applied === 1);
    assert.deepEqual(device.shown, HELD);
    await client.groups.removeTag(device.key, "gold");
    await shows(device, ["mode base", ...HELD.slice(1)]);
    assert.deepEqual(
      (await client.policies.of(device.key)).items.map(({ policy }) => policy),
      ["base"],
    );
  });
}

test("devices of every transport fetch the file of a policy once, and are where they are to be once they run it [LIGHT-BRING-5]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const devices = await bench.devices([reaches.json, reaches.soap, reaches.awake]);
  const { id } = await client.files.add({ name: "sundial 2.0.bin", version: "2.0" }, Buffer.from("2.0"));
  const file = { file: id, version: "2.0" };
  await client.policies.set("firmware", {
    group: "gold",
    file,
    rules: { waves: [1], perSecond: 100, pause: 0 },
  });
  await client.policies.publish("firmware");
  await bench.until("firmware", ({ compliance }) => compliance.applied === 3);
  for (const device of devices) assert.deepEqual([device.key, device.fetched], [device.key, ["2.0"]]);
  await client.policies.publish("firmware");
  await bench.until("firmware", ({ compliance, version }) => version === 2 && compliance.applied === 3);
  for (const device of devices) assert.deepEqual([device.key, device.fetched], [device.key, ["2.0"]]);
});

test("a device that cannot fetch the file of a policy is faulted, with what it said", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const [device] = await bench.devices([reaches.awake]);
  const { id } = await client.files.add({ name: "broken.bin", version: "3.0" }, Buffer.from("broken"));
  const file = { file: id, version: "3.0" };
  await client.policies.set("firmware", {
    group: "gold",
    file,
    rules: { waves: [1], perSecond: 100, pause: 0 },
  });
  await client.policies.publish("firmware");
  await bench.until("firmware", ({ compliance }) => compliance.faulted === 1);
  const { items } = await client.policies.compliance("firmware");
  assert.match(JSON.stringify(items[0]?.faults), /9018/);
  assert.deepEqual(device?.fetched, ["broken"]);
});

/** A server with a group of devices that somebody gave the tag `gold`. */
async function openBench() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const server = stack.use(await RunningServer.start(folder, "loopback"));
  const { client } = server;
  await client.groups.set("gold", { expression: 'tag = "gold"' });

  const until = async (
    name: string,
    is: (policy: Policy) => boolean,
    between: () => Promise<void> = pause,
  ): Promise<Policy> => {
    let last: Policy | undefined;
    const found = await soon(async () => {
      last = await client.policies.get(name);
      if (is(last)) return last;
      await between();
      return undefined;
    });
    return found ?? assert.fail(`the policy ${name} does not come so far; it is ${JSON.stringify(last)}`);
  };
  return {
    server,
    until,
    /** Devices of the group. */
    async devices(wanted: readonly Reach[]): Promise<readonly MixedDevice[]> {
      const { acsUrl } = server.life;
      const made = wanted.map((reach) => stack.use(new MixedDevice(acsUrl, reach)));
      const started = await Promise.all(made.map((device) => device.start()));
      for (const { key } of started) await client.groups.addTag(key, "gold");
      return started;
    },
    /** The device comes by itself, ever again. */
    coming: (device: MixedDevice | undefined, is: (policy: Policy) => boolean) =>
      until("dial", is, async () => {
        await device?.come();
        await pause();
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function shows(device: MixedDevice, what: readonly string[]): Promise<void> {
  await soon(async () => {
    if (isDeepStrictEqual(device.shown, what)) return true;
    await pause();
    return undefined;
  });
  assert.deepEqual(device.shown, what);
}

/** What comes within half a minute; undefined where it does not. */
async function soon<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return undefined;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
