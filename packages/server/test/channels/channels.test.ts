import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChannelHistory } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { ChannelDevice } from "./channel-device.ts";

const FLEET = "public/fleet";

test("a device that was away applies exactly what it missed, in order and once [LIGHT-CHANNEL-3]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const device = await bench.member("1");
  await client.channels.publish(FLEET, { Text: "a" });
  await device.hasApplied(2);
  await device.stop();
  for (const Text of ["b", "c", "d"]) await client.channels.publish(FLEET, { Text });
  await device.start();
  await client.channels.publish(FLEET, { Text: "e" });
  await device.hasApplied(6);
  assert.deepEqual(device.texts, [undefined, "a", "b", "c", "d", "e"]);
  assert.deepEqual(
    device.applied.map(({ isState }) => isState),
    [true, false, false, false, false, false],
  );
});

test("a device that missed more than is kept is given the state, and told so [LIGHT-CHANNEL-4]", async () => {
  await using bench = await openBench({ count: 2, bytes: 1_000 });
  const { client } = bench.server;
  const device = await bench.member("1");
  await device.hasApplied(1);
  await device.stop();
  for (const Text of ["a", "b", "c"]) await client.channels.publish(FLEET, { Text });
  await device.start();
  await device.hasApplied(2);
  assert.deepEqual(device.applied.at(-1), { channel: FLEET, text: "c", isState: true });
});

test("a channel that was renewed gives its state to a device that comes from the epoch before [LIGHT-CHANNEL-4]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const device = await bench.member("1");
  await client.channels.publish(FLEET, { Text: "a" });
  await device.hasApplied(2);
  await device.stop();
  const before = await client.channels.get(FLEET);
  const renewed = await client.channels.renew(FLEET);
  assert.notEqual(renewed.epoch, before.epoch);
  await device.start();
  await device.hasApplied(3);
  assert.deepEqual(device.applied.at(-1), { channel: FLEET, text: "a", isState: true });
});

test("what is published on a device's own channel reaches that device alone [LIGHT-CHANNEL-1]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const [one, other] = [await bench.member("1"), await bench.member("2")];
  await client.channels.publish(`private/${one.key}/config`, { Text: "mine" });
  await client.channels.publish(FLEET, { Text: "everybody's" });
  await one.hasApplied(3);
  await other.hasApplied(2);
  assert.deepEqual(new Set(one.texts), new Set([undefined, "mine", "everybody's"]));
  assert.deepEqual(other.texts, [undefined, "everybody's"]);
  const events = await client.devices.events(one.key, { limit: 1_000 });
  assert.equal(events.items.filter(({ name }) => name === "published").length, 1);
});

test("members say what became of a publication that is to be answered, after a loss too [LIGHT-CHANNEL-7]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  await client.channels.set(FLEET, { answers: true });
  const device = await bench.member("1", async ({ data }) => {
    if (data["Text"] === "bad") throw new Error("I cannot");
  });
  await client.channels.publish(FLEET, { Text: "bad" });
  const event = await bench.server.event(bench.deviceKey(device), "publication-faulted");
  assert.deepEqual(
    { channel: event.data["channel"], data: event.data["data"] },
    { channel: FLEET, data: { Reason: "I cannot" } },
  );
  await client.channels.publish(FLEET, { Text: "good" });
  await bench.server.event(bench.deviceKey(device), "publication-applied", event.id);
  const { members } = await client.channels.presence(FLEET);
  const [member] = members.items;
  assert.deepEqual([member?.device, member?.attached, member?.result?.status], [device.key, true, "applied"]);
});

test("a device that joins while it is connected is told at once, and one that leaves no more [LIGHT-CHANNEL-5]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const device = await bench.device("1");
  await client.channels.publish(FLEET, { Text: "a" });
  await client.channels.setMembers(FLEET, { join: [device.key] });
  await device.hasApplied(1);
  assert.deepEqual(device.applied, [{ channel: FLEET, text: "a", isState: true }]);
  await client.channels.setMembers(FLEET, { leave: [device.key] });
  await client.channels.publish(FLEET, { Text: "b" });
  await client.channels.publish(`private/${device.key}/config`, { Text: "c" });
  await device.hasApplied(2);
  assert.deepEqual(device.texts, ["a", "c"]);
});

test("a device is a member of the channel of its group, as long as it is in that [LIGHT-CHANNEL-5]", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const device = await bench.device("1");
  await client.groups.set("fleet", { expression: 'tag = "gold"' });
  await client.groups.addTag(device.key, "gold");
  await client.channels.publish(FLEET, { Text: "a" });
  await device.hasApplied(1);
  const { members } = await client.channels.presence(FLEET);
  assert.deepEqual(
    members.items.map((member) => member.device),
    [device.key],
  );
});

test("a manager follows a channel and resumes where it was", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const heard: unknown[] = [];
  const first = new AbortController();
  await client.channels.publish(FLEET, { Text: "a" });
  for await (const { data, offset } of client.channels.follow(FLEET, { after: 0, signal: first.signal })) {
    heard.push([offset, data["Text"]]);
    if (heard.length === 1) await client.channels.publish(FLEET, { Text: "b" });
    if (heard.length === 2) break;
  }
  await client.channels.publish(FLEET, { Text: "c" });
  for await (const { data, offset } of client.channels.follow(FLEET, { after: 2 })) {
    heard.push([offset, data["Text"]]);
    break;
  }
  assert.deepEqual(heard, [
    [1, "a"],
    [2, "b"],
    [3, "c"],
  ]);
});

test("what is published again with its key is the same publication", async () => {
  await using bench = await openBench();
  const { client } = bench.server;
  const one = await client.channels.publish(FLEET, { Text: "a" }, { idempotencyKey: "k" });
  const again = await client.channels.publish(FLEET, { Text: "a" }, { idempotencyKey: "k" });
  assert.deepEqual(again, one);
  const { items } = await client.channels.publications(FLEET);
  assert.deepEqual(items, [one]);
});

/** A server with a channel, and devices that come and go. */
async function openBench(history: ChannelHistory = { count: 100, bytes: 100_000 }) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const server = stack.use(await RunningServer.start(folder, "loopback"));
  await server.client.channels.set(FLEET, { history });
  const device = async (serial: string, apply?: Apply): Promise<ChannelDevice> => {
    const { acsUrl } = server.life;
    const made = stack.use(new ChannelDevice({ acsUrl, serial, ...(apply === undefined ? {} : { apply }) }));
    return made.start();
  };
  return {
    server,
    device,
    /** One that is a member of the channel, and has been given its state. */
    async member(serial: string, apply?: Apply) {
      const member = await device(serial, apply);
      await server.client.channels.setMembers(FLEET, { join: [member.key] });
      await member.hasApplied(1);
      return member;
    },
    deviceKey(of: ChannelDevice) {
      const key = parseDeviceKey(of.key);
      assert.ok(key !== undefined);
      return key;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

type Apply = NonNullable<ConstructorParameters<typeof ChannelDevice>[0]["apply"]>;
