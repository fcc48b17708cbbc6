import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { GrantRequest } from "@heliograph/api";
import { Arrivals, tempDir } from "@heliograph/testkit";
import { GIVEN } from "../grants/escalations.ts";
import { RunningServer } from "../running-server.ts";
import { enrolledDevice } from "./enrolled-device.ts";
import { headersOf, StompManager } from "./stomp-manager.ts";

const FLEET = "public/fleet";

interface Published {
  readonly headers: { readonly [name: string]: string | undefined };
  readonly text: unknown;
  readonly ack: () => void;
}

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
const { client } = acs;
await client.channels.set(FLEET, { history: { count: 1_000, bytes: 1_000_000 } });
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("a manager subscribes to a channel, is told what is published, and goes on where it was [STOMP-CHANNEL-1, STOMP-CHANNEL-2]", async () => {
  await using manager = await StompManager.connect(acs.life);
  const first = await subscribed(manager, FLEET);
  await client.channels.publish(FLEET, { Text: "a" });
  const { headers, text } = await first.take();
  assert.equal(text, "a");
  assert.equal(headers["destination"], `/channel/${FLEET}`);
  await manager[Symbol.asyncDispose]();
  for (const Text of ["b", "c"]) await client.channels.publish(FLEET, { Text });
  await using again = await StompManager.connect(acs.life);
  const next = await subscribed(again, FLEET, {
    epoch: headers["epoch"] ?? "",
    offset: headers["offset"] ?? "",
  });
  assert.deepEqual([(await next.take()).text, (await next.take()).text], ["b", "c"]);
});

test("a place that nothing leads on from is answered with the channel's state [STOMP-CHANNEL-2]", async () => {
  await using manager = await StompManager.connect(acs.life);
  await client.channels.publish(FLEET, { Text: "newest" });
  const told = await subscribed(manager, FLEET, { epoch: "another", offset: "1" });
  const { headers, text } = await told.take();
  assert.deepEqual([headers["state"], text], ["true", "newest"]);
});

test("what a manager has not acknowledged holds back what comes after, and no more than that [STOMP-CHANNEL-3]", async () => {
  await using manager = await StompManager.connect(acs.life);
  const told = await subscribed(manager, FLEET, { ack: "client-individual" });
  const published = Array.from({ length: 300 }, (_, index) =>
    client.channels.publish(FLEET, { Text: index }),
  );
  await Promise.all(published);
  const early = await Promise.all(Array.from({ length: 256 }, () => told.take()));
  assert.equal(told.untaken, 0);
  for (const { ack } of early) ack();
  const late = await Promise.all(Array.from({ length: 44 }, () => told.take()));
  const offsets = [...early, ...late].map(({ headers }) => Number(headers["offset"]));
  assert.deepEqual(
    offsets,
    offsets.map((_, index) => (offsets[0] ?? 0) + index),
  );
});

test("a device's monitor is followed by whose grant names it, and by nobody else [STOMP-CHANNEL-1]", async () => {
  await using device = await enrolledDevice(acs);
  await using stranger = await enrolledDevice(acs);
  const monitor = `private/${device.key}/monitor`;
  for (const name of [monitor, `private/${stranger.key}/monitor`])
    await client.channels.publish(name, { Text: "up" });
  const grant: GrantRequest = {
    ...GIVEN,
    write: ["Device.WiFi.Radio.1."],
    devices: [device.key],
    channels: [monitor],
  };
  const { token, id } = await client.grants.create(grant);
  await using manager = await StompManager.connect({ ...acs.life, token });
  const told = await subscribed(manager, monitor);
  await client.channels.publish(monitor, { Text: "and running" });
  assert.equal((await told.take()).text, "and running");
  for (const name of [
    FLEET,
    `private/${stranger.key}/monitor`,
    `private/${device.key}/config`,
    "public/none",
  ]) {
    await using other = await StompManager.connect({ ...acs.life, token });
    other.client.subscribe(`/channel/${name}`, () => assert.fail(name));
    assert.match((await other.errors.take()).headers["message"] ?? "", /no channel has the name/);
  }
  await client.grants.revoke(id);
  assert.equal(await manager.closes.take(), 4001);
});

test("who has unsubscribed is told nothing more, and may subscribe anew", async () => {
  await using manager = await StompManager.connect(acs.life);
  const first = await subscribed(manager, FLEET, { id: "one" });
  const receipt = manager.receipt();
  manager.client.unsubscribe("one", headersOf({ receipt }));
  assert.equal(await manager.receipts.take(), receipt);
  const second = await subscribed(manager, FLEET, { id: "one" });
  await client.channels.publish(FLEET, { Text: "once" });
  assert.equal((await second.take()).text, "once");
  assert.equal(first.untaken, 0);
});

/** What is published from then on, once the subscription stands. */
async function subscribed(
  manager: StompManager,
  channel: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Arrivals<Published>> {
  const told = new Arrivals<Published>("a publication");
  const receipt = manager.receipt();
  manager.client.subscribe(
    `/channel/${channel}`,
    (message) => {
      told.add({ headers: message.headers, text: textIn(message.body), ack: () => message.ack() });
    },
    headersOf({ receipt, ...headers }),
  );
  assert.equal(await manager.receipts.take(), receipt);
  return told;
}

function textIn(body: string): unknown {
  const data: unknown = JSON.parse(body);
  return typeof data === "object" && data !== null && "Text" in data ? data.Text : undefined;
}
