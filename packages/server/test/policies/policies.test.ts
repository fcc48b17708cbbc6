import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, Policy, PolicyRequest } from "@heliograph/api";
import { ApiError, type Client } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import { RunningServer } from "../running-server.ts";
import { PolicyDevice } from "./policy-device.ts";

const DIAL = "Device.X_F0F0F0_Dial.";
const MODE = `${DIAL}Mode`;
/** Everything in this test is to happen at once, but for what it waits for itself. */
const AT_ONCE = { waves: [1], perSecond: 100, pause: 0 } as const;

test("a version comes to a group in waves, each after the one before has answered [LIGHT-POLICY-1]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const devices = await bench.devices(4);
  await client.policies.set("dial", { ...mode("a"), rules: { waves: [0.25, 0.5, 1], pause: 0 } });
  const { members, waves } = await client.policies.preview("dial");
  assert.deepEqual([members, waves], [4, [1, 2, 4]]);
  const published = await client.policies.publish("dial");
  assert.deepEqual(
    [published.version, published.rollout?.state, published.rollout?.wave, published.rollout?.waves],
    [1, "running", 1, 3],
  );
  await bench.until(
    "dial",
    ({ compliance, rollout }) => rollout?.state === "complete" && compliance.applied === 4,
  );
  for (const device of devices) assert.deepEqual(device.told, ["dial 1"]);
  const { items } = await client.policies.compliance("dial");
  assert.deepEqual(
    items.map(({ device, state, applied }) => [device, state, applied]),
    devices.map(({ key }) => [key, "applied", 1]),
  );
});

test("a rollout stops where its first devices are faulted, and nobody else is told [LIGHT-POLICY-2]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const devices = await bench.devices(4, "I cannot");
  await client.policies.set("dial", { ...mode("a"), rules: { waves: [0.25, 1], pause: 0 } });
  await client.policies.publish("dial");
  const { rollout, compliance } = await bench.until("dial", ({ rollout }) => rollout?.state === "stopped");
  assert.match(rollout?.reason ?? "", /1 of the 1/);
  assert.deepEqual([compliance.faulted, compliance.members], [1, 4]);
  const { items } = await client.policies.compliance("dial", { state: "faulted" });
  assert.match(JSON.stringify(items[0]?.faults), /I cannot/);
  assert.equal(devices.filter(({ told }) => told.length > 0).length, 1);
  const device = items[0]?.device ?? "";
  const events = await client.devices.events(device, { limit: 1_000 });
  assert.ok(events.items.some(({ name, data }) => name === "policy-faulted" && data["policy"] === "dial"));
});

test("a rollout that is paused begins with nobody until it is resumed, and a wave that is watched ends where somebody says so", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const devices = await bench.devices(2);
  await refused(client.policies.pause("dial"), "unknown-policy");
  await client.policies.set("dial", { ...mode("a"), rules: { waves: [0.5, 1], pause: 3_600 } });
  await client.policies.publish("dial");
  await bench.until("dial", ({ rollout }) => rollout?.state === "watching");
  assert.equal((await client.policies.pause("dial")).rollout?.state, "paused");
  await refused(client.policies.pause("dial"), "not-rolling-out");
  assert.equal((await client.policies.resume("dial")).rollout?.state, "running");
  await bench.until("dial", ({ rollout }) => rollout?.state === "watching");
  assert.equal(devices.filter(({ told }) => told.length > 0).length, 1);
  assert.equal((await client.policies.resume("dial")).rollout?.wave, 2);
  await bench.until("dial", ({ rollout }) => rollout?.state === "complete");
  for (const device of devices) await device.isTold("dial 1");
  await refused(client.policies.resume("dial"), "not-rolling-out");
});

test("a newer version is told to nobody who had the one before until its wave is there [LIGHT-POLICY-3]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const devices = await bench.devices(4);
  await bench.complete("dial", mode("a"));
  await client.policies.set("dial", { ...mode("b"), rules: { waves: [0.25, 1], pause: 3_600 } });
  await client.policies.publish("dial");
  const { compliance } = await bench.until("dial", ({ compliance }) => compliance.applied === 1);
  assert.equal(compliance.older, 3);
  assert.equal(devices.filter(({ told }) => told.includes("dial 2")).length, 1);
});

test("an earlier version is brought back to all at once, as a newer one [LIGHT-POLICY-4]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const devices = await bench.devices(2);
  await bench.complete("dial", mode("a"));
  await bench.complete("dial", mode("b"));
  const back = await client.policies.rollBack("dial");
  assert.equal(back.version, 3);
  await bench.until("dial", ({ compliance }) => compliance.applied === 2);
  for (const device of devices) assert.deepEqual(device.told, ["dial 1", "dial 2", "dial 3"]);
  const { items } = await client.policies.versions("dial");
  assert.deepEqual(
    items.map(({ version, rollsBackTo, content }) => [version, rollsBackTo, content.values]),
    [
      [3, 1, { [DIAL]: { Mode: "a" } }],
      [2, undefined, { [DIAL]: { Mode: "b" } }],
      [1, undefined, { [DIAL]: { Mode: "a" } }],
    ],
  );
  await refused(client.policies.rollBack("dial", { version: 9 }), "unknown-policy-version");
});

test("a device that joins the group gets the policy at once, and one that leaves is told that it is withdrawn [LIGHT-POLICY-5]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const [device] = await bench.devices(1);
  assert.ok(device !== undefined);
  await bench.complete("dial", mode("a"));
  const late = await bench.device("late");
  await client.groups.addTag(late.key, "gold");
  await late.isTold("dial 1");
  await bench.until("dial", ({ compliance }) => compliance.applied === 2);
  await client.groups.removeTag(late.key, "gold");
  await late.isTold("dial 1 withdrawn");
  await bench.until("dial", ({ compliance }) => compliance.applied === 1);
  assert.deepEqual((await client.policies.of(late.key)).items, []);
  late.told.length = 0;
  await client.groups.addTag(late.key, "gold");
  await late.isTold("dial 1");
  await bench.until("dial", ({ compliance }) => compliance.applied === 2);
  assert.deepEqual(device.told, ["dial 1"]);
});

test("a device that is away when a policy is withdrawn is told when it comes back [LIGHT-POLICY-6]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const [device] = await bench.devices(1);
  assert.ok(device !== undefined);
  await bench.complete("dial", mode("a"));
  await device.stop();
  await client.policies.remove("dial");
  await refused(client.policies.get("dial"), "unknown-policy");
  await device.start();
  await device.isTold("dial 2 withdrawn");
});

test("what a policy holds cannot be set by hand: the refusal names the policy [LIGHT-POLICY-7]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const [device] = await bench.devices(1);
  assert.ok(device !== undefined);
  await bench.complete("dial", mode("a"));
  const set = (ParameterList: JsonObject) =>
    client.call(device.key, "SetParameterValues", { params: { ParameterKey: "", ParameterList } });
  const error = await refused(set({ [DIAL]: { Mode: "b" } }), "held-by-policy");
  assert.match(error.message, /the policy dial holds Device\.X_F0F0F0_Dial\.Mode/);
  await set({ "Device.ManagementServer.": { CWMPRetryMinimumWaitInterval: 1 } });
});

test("what a policy holds no campaign sets: its preview, and each device that it skips, name the policy [LIGHT-POLICY-9]", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const devices = await bench.devices(2);
  const other = await bench.device("other");
  await bench.complete("dial", mode("a"));
  const params = { ParameterKey: "", ParameterList: { [DIAL]: { Mode: "b" } } };
  const wish = { method: "SetParameterValues", params };
  const held = /the policy dial holds Device\.X_F0F0F0_Dial\.Mode/;
  const error = await refused(client.campaigns.preview({ ...wish, group: "gold" }), "held-by-policy");
  assert.match(error.message, held);
  const preview = await client.campaigns.preview({ ...wish, query: "has key" });
  assert.deepEqual([preview.allowed, preview.refused.heldByPolicy, preview.sample], [1, 2, [other.key]]);
  assert.match(preview.held ?? "", held);
  const { id } = await client.campaigns.create({ ...wish, query: "has key" });
  const over = async () => (await client.campaigns.get(id)).state === "over";
  const ended = (async () => {
    while (!(await over())) await new Promise((resolve) => setTimeout(resolve, 50));
  })();
  await within(ended, "the campaign to be over");
  const { items } = await client.campaigns.devices(id);
  assert.deepEqual(
    items.map(({ device, state, reason = "" }) => [device, state, held.test(reason)]),
    [...devices.map(({ key }) => [key, "skipped", true]), [other.key, "done", false]],
  );
});

test("a preview says what would change, and where policies disagree", async () => {
  await using bench = await openBench();
  const { client } = bench;
  const [device] = await bench.devices(1);
  assert.ok(device !== undefined);
  await client.call(device.key, "GetParameterValues", { params: { ParameterNames: [DIAL] } });
  await bench.complete("other", { ...mode("b"), priority: 5 });
  await client.policies.set("dial", { ...mode("a"), rules: AT_ONCE });
  const { devices, conflicts } = await client.policies.preview("dial");
  assert.deepEqual(devices, [{ device: device.key, changes: [{ path: MODE, from: "none", to: "a" }] }]);
  assert.deepEqual(conflicts, [{ path: MODE, holder: "other", other: "dial", by: "priority", value: "a" }]);
});

test("no group has the name of a policy, and nobody but a policy says anything on its channel", async () => {
  await using bench = await openBench();
  const { client } = bench;
  await bench.complete("dial", mode("a"));
  await refused(client.groups.set("dial", { expression: "has key" }), "policy-name-taken");
  await refused(client.channels.set("public/dial"), "held-by-policy");
  await refused(client.channels.publish("public/dial", { Text: "a" }), "not-a-publisher");
});

test("killed in the middle of a wave, the ACS goes on with it, and tells nobody twice [LIGHT-POLICY-8]", async () => {
  await using bench = await openBench();
  const { client, server } = bench;
  const devices = await bench.devices(6);
  await client.policies.set("dial", { ...mode("a"), rules: { ...AT_ONCE, perSecond: 2 } });
  await client.policies.publish("dial");
  await bench.until("dial", ({ compliance }) => compliance.applied >= 2);
  await server.supervisor.kill();
  await server.supervisor.up(2);
  await bench.until(
    "dial",
    ({ rollout, compliance }) => rollout?.state === "complete" && compliance.applied === 6,
  );
  for (const device of devices) assert.deepEqual(device.told, ["dial 1"]);
});

function mode(value: string): PolicyRequest {
  return { group: "gold", values: { [DIAL]: { Mode: value } } };
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

/** A server with a group of devices that somebody gave the tag `gold`. */
async function openBench() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const server = stack.use(await RunningServer.start(folder, "loopback"));
  const { client } = server;
  await client.groups.set("gold", { expression: 'tag = "gold"' });
  const device = (serial: string, trouble?: string): Promise<PolicyDevice> => {
    const { acsUrl } = server.life;
    const options = { acsUrl, serial, ...(trouble === undefined ? {} : { trouble }) };
    return stack.use(new PolicyDevice(options)).start();
  };
  return {
    ...{ server, client, device },
    /** Devices of the group. */
    async devices(count: number, trouble?: string): Promise<readonly PolicyDevice[]> {
      const started = await Promise.all(
        Array.from({ length: count }, (_, index) => device(`${index}`, trouble)),
      );
      for (const { key } of started) await client.groups.addTag(key, "gold");
      return started;
    },
    /** Publishes a policy to the whole group, and resolves once it holds it. */
    async complete(name: string, request: PolicyRequest): Promise<void> {
      await client.policies.set(name, { ...request, rules: AT_ONCE });
      await client.policies.publish(name);
      await until(client, name, ({ rollout, compliance }) => {
        return rollout?.state === "complete" && compliance.applied === compliance.members;
      });
    },
    until: (name: string, is: (policy: Policy) => boolean) => until(client, name, is),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Resolves with the policy once it is so. */
async function until(client: Client, name: string, is: (policy: Policy) => boolean): Promise<Policy> {
  let last: Policy | undefined;
  const found = (async () => {
    for (;;) {
      last = await client.policies.get(name);
      if (is(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return within(found, () => `the policy ${name} to come so far; it is ${JSON.stringify(last)}`);
}
