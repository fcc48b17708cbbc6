import assert from "node:assert/strict";
import { test } from "node:test";
import type { Compliance, ConfigurationRequest } from "@heliograph/api";
import { ApiError } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { MixedDevice, reaches, type Reach } from "./mixed-device.ts";

/** Long beyond what anything takes that comes at all, also on a machine that is busy. */
const PATIENCE_MS = 40_000;
const DIAL = "Device.X_F0F0F0_Dial.";
const NOON = { object: "Device.X_F0F0F0_Hour.", key: { Name: "noon" }, values: { Angle: 90 } };
const OWN: ConfigurationRequest = { values: { [DIAL]: { Mode: "mine" } }, objects: [NOON] };

for (const reach of [reaches.json, reaches.stomp, reaches.awake]) {
  test(`a ${reach.name} device holds what it alone is configured to, before what its groups' policies say [LIGHT-OWN-1]`, async () => {
    await using bench = await openBench(reach);
    const { device, client } = bench;
    await bench.publish("dial", { [DIAL]: { Mode: "common" } });
    await bench.stands("dial", "applied");
    await bench.shows(["mode common"]);
    const set = await client.configurations.set(device.key, OWN);
    assert.deepEqual([set.version, set.compliance.state, set.values], [1, "pending", OWN.values]);
    const { applied } = await bench.stands("private", "applied");
    assert.equal(applied, 1);
    await bench.shows(["mode mine", "hour noon 90"]);
    assert.equal((await client.policies.compliance("private")).items.length, 1);

    device.model.set(`${DIAL}Mode`, "by hand");
    await bench.shows(["mode mine", "hour noon 90"]);

    const next = await client.configurations.set(device.key, { values: { [DIAL]: { Mode: "next" } } });
    assert.equal(next.version, 2);
    await bench.shows(["mode next", "hour noon 90"]);
    await bench.stands("private", "applied");
    const { items } = await client.configurations.versions(device.key);
    assert.deepEqual(
      items.map(({ version, by }) => [version, by]),
      [
        [2, "local"],
        [1, "local"],
      ],
    );

    await client.configurations.remove(device.key);
    await bench.shows(["mode common", "hour noon 90"]);
    await refused(client.configurations.get(device.key), "not-configured");
    await refused(client.configurations.remove(device.key), "not-configured");
    assert.deepEqual(
      (await client.policies.of(device.key)).items.map(({ policy }) => policy),
      ["dial"],
    );
    assert.ok((await client.configurations.set(device.key, OWN)).version > 2, "versions only rise");
    await bench.shows(["mode mine", "hour noon 90"]);
  });
}

test("what a device is to hold is shown merged, with who says it, who says otherwise, and why that is left out [LIGHT-OWN-2]", async () => {
  await using bench = await openBench(reaches.json);
  const { device, client } = bench;
  await bench.publish("a", { [DIAL]: { Mode: "a" }, "Device.X_F0F0F0_Hand.*.": { Color: "a" } });
  await bench.publish("b", { "Device.X_F0F0F0_Hand.*.": { Color: "b" } });
  await client.configurations.set(device.key, OWN);
  for (const policy of ["a", "b", "private"]) await bench.stands(policy, "applied");
  const { values, objects, files, conflicts } = await client.configurations.desired(device.key);
  assert.deepEqual(values, [
    { path: `${DIAL}Mode`, value: "mine", policy: "private", version: 1, state: "applied" },
    { path: "Device.X_F0F0F0_Hand.*.Color", value: "a", policy: "a", version: 1, state: "applied" },
  ]);
  assert.deepEqual(objects, [{ ...NOON, policy: "private", version: 1, state: "applied" }]);
  assert.deepEqual(files, []);
  assert.deepEqual(conflicts, [
    { path: `${DIAL}Mode`, holder: "private", other: "a", by: "priority", value: "a" },
    { path: "Device.X_F0F0F0_Hand.*.Color", holder: "a", other: "b", by: "name", value: "b" },
  ]);
});

test("what a device's configuration holds cannot be set by hand, and what it cannot hold is said with its faults", async () => {
  await using bench = await openBench(reaches.json);
  const { device, client } = bench;
  await client.configurations.set(device.key, OWN);
  await bench.stands("private", "applied");
  const params = { ParameterKey: "", ParameterList: { [DIAL]: { Mode: "by hand" } } };
  const error = await refused(client.call(device.key, "SetParameterValues", { params }), "held-by-policy");
  assert.match(error.message, /the device's configuration holds Device\.X_F0F0F0_Dial\.Mode/);
  await client.configurations.set(device.key, {
    objects: [{ ...NOON, key: { Name: "six" }, values: { Angle: 720 } }],
  });
  const { faults } = await bench.stands("private", "faulted");
  assert.match(JSON.stringify(faults), /Angle.*9007/);
});

test("a device that has forgotten all it was told is told its configuration again, whatever was said to it since", async () => {
  await using bench = await openBench(reaches.json);
  const { device, client } = bench;
  await bench.publish("dial", { "Device.X_F0F0F0_Hand.*.": { Color: "gold" } });
  await client.configurations.set(device.key, OWN);
  for (const policy of ["dial", "private"]) await bench.stands(policy, "applied");
  await client.groups.removeTag(device.key, "gold");
  await bench.shows(["mode mine", "hour noon 90"]);
  await until(async () => (await client.policies.of(device.key)).items.length === 1 || undefined);
  await device.reset();
  assert.deepEqual(device.shown, ["mode none", "hand black", "hand black"]);
  await device.start();
  await bench.shows(["mode mine", "hour noon 90"]);
});

/** A server, and a device of the group `gold`. */
async function openBench(reach: Reach) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const server = stack.use(await RunningServer.start(folder, "loopback"));
  const { client } = server;
  const device = stack.use(await new MixedDevice(server.life.acsUrl, reach).start());
  await client.groups.set("gold", { expression: 'tag = "gold"' });
  await client.groups.addTag(device.key, "gold");
  return {
    ...{ client, device },
    async publish(name: string, values: NonNullable<ConfigurationRequest["values"]>): Promise<void> {
      const rules = { waves: [1], perSecond: 100, pause: 0 };
      await client.policies.set(name, { group: "gold", values, rules });
      await client.policies.publish(name);
    },
    async stands(policy: string, state: Compliance["state"]): Promise<Compliance> {
      let last: unknown;
      const found = await until(async () => {
        const { items } = await client.policies.of(device.key);
        last = items;
        return items.find((each) => each.policy === policy && each.state === state);
      });
      return found ?? assert.fail(`${policy} does not become ${state}: ${JSON.stringify(last)}`);
    },
    /** Its modes and hours, whatever its hands are. */
    async shows(what: readonly string[]): Promise<void> {
      const shown = (): readonly string[] => device.shown.filter((each) => !each.startsWith("hand"));
      await until(() => Promise.resolve(shown().join() === what.join() || undefined));
      assert.deepEqual(shown(), what);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function refused(asking: Promise<unknown>, reason: string): Promise<ApiError> {
  try {
    await asking;
  } catch (error) {
    assert.ok(error instanceof ApiError);
    assert.equal(error.reason, reason);
    return error;
  }
  throw new Error(`it was not refused as ${reason}`);
}

/** What comes in time; undefined where it does not. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}
