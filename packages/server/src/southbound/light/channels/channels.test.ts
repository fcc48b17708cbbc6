import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { DeviceKey, Publish } from "@heliograph/protocol";
import { PATIENCE_MS, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../../bus/memory.ts";
import { channelName, defaultChannelRules, privateChannel, subjects } from "../../../ports/index.ts";
import type { ChannelName, HistoryRule, Position } from "../../../ports/index.ts";
import { anAudit, enrolled } from "../../../ports/store-suite/store.fixture.ts";
import { openTemporaryStore } from "../../../store/sqlite.fixture.ts";
import type { Written } from "./telling.ts";
import { Channels } from "./channels.ts";
import { OwnChannels } from "./own-channels.ts";
import { Seat } from "./seat.ts";

const FLEET = nameOf("public/fleet");

test("a member is told what is published, in order, with epoch and offset [LIGHT-CHANNEL-2]", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  await device.attach();
  assert.deepEqual(device.heard, [["state", 0, {}]]);
  await hall.publish("a", "b");
  await hall.until(() => device.heard.length === 3);
  assert.deepEqual(device.heard.slice(1), [
    [1, { Text: "a" }],
    [2, { Text: "b" }],
  ]);
});

test("a member that was away is told exactly what it missed [LIGHT-CHANNEL-3]", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  await hall.publish("a", "b", "c");
  const standings = await device.attach({ "public/fleet": { Epoch: "e1", Offset: 1 } });
  assert.deepEqual(standings, { "public/fleet": { Epoch: "e1", Offset: 3, Recovered: true } });
  await hall.publish("d");
  await hall.until(() => device.heard.length === 3);
  assert.deepEqual(device.offsets, [2, 3, 4]);
});

for (const [what, position] of [
  ["no position", undefined],
  ["a position of an unknown epoch", { Epoch: "e0", Offset: 2 }],
  ["a position beyond the head", { Epoch: "e1", Offset: 9 }],
  ["a position that the history does not reach", { Epoch: "e1", Offset: 0 }],
] as const) {
  test(`a member with ${what} is given the state, and told that it missed something [LIGHT-CHANNEL-4]`, async (t) => {
    const hall = await openHall(t, { count: 2 });
    const device = await hall.member("1");
    await hall.publish("a", "b", "c");
    const standings = await device.attach(position === undefined ? {} : { "public/fleet": position });
    assert.equal(standings["public/fleet"]?.Recovered, false);
    await hall.publish("d");
    await hall.until(() => device.heard.length === 2);
    assert.deepEqual(device.heard, [
      ["state", 3, { Text: "c" }],
      [4, { Text: "d" }],
    ]);
  });
}

test("what is published while a member is being told what it missed comes after that [LIGHT-CHANNEL-3]", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  await hall.publish(...Array.from({ length: 50 }, (_, index) => `before ${index}`));
  const attaching = device.attach({ "public/fleet": { Epoch: "e1", Offset: 0 } });
  const publishing = hall.publish(...Array.from({ length: 40 }, (_, index) => `meanwhile ${index}`));
  await Promise.all([attaching, publishing]);
  await hall.until(() => device.heard.length >= 90);
  assert.deepEqual(
    device.offsets,
    Array.from({ length: 90 }, (_, index) => index + 1),
  );
});

test("who does not read is left out, hurts nobody, and is told all of it later [LIGHT-CHANNEL-6]", async (t) => {
  const hall = await openHall(t);
  const [slow, quick] = [await hall.member("1"), await hall.member("2")];
  await slow.attach();
  await quick.attach();
  slow.buffered = 1_001;
  await hall.publish("a", "b", "c");
  await hall.until(() => quick.heard.length === 4);
  assert.deepEqual(slow.offsets, [0]);
  slow.buffered = 0;
  await hall.until(() => slow.heard.length === 4);
  assert.deepEqual(slow.offsets, [0, 1, 2, 3]);
  await hall.publish("d");
  await hall.until(() => slow.heard.length === 5 && quick.heard.length === 5);
  assert.deepEqual(slow.offsets, quick.offsets);
});

test("who joins while it is connected is given the state at once, and who leaves hears no more [LIGHT-CHANNEL-5]", async (t) => {
  const hall = await openHall(t);
  const device = await hall.device("1");
  await device.attach();
  await hall.publish("a");
  await hall.join(device.key);
  await hall.until(() => device.heard.length === 1);
  assert.deepEqual(device.heard, [["state", 1, { Text: "a" }]]);
  await hall.join(device.key, false);
  await hall.publish("b");
  await hall.turns();
  assert.equal(device.heard.length, 1);
});

test("the first thing published on a device's own channel reaches it though it is connected by then [LIGHT-CHANNEL-1]", async (t) => {
  const hall = await openHall(t);
  const [device, other] = [await hall.device("1"), await hall.device("2")];
  await device.attach();
  await other.attach();
  await hall.publishOn(privateChannel(device.key, "config"), "mine");
  await hall.until(() => device.heard.length === 1);
  assert.deepEqual(device.channels, ["private/config"]);
  assert.deepEqual(other.heard, []);
});

test("who said nothing of channels is told of none", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  device.own.begin();
  await hall.publish("a");
  await hall.turns();
  assert.deepEqual(device.heard, []);
});

test("what is published is written once for all who are told", async (t) => {
  const hall = await openHall(t);
  const [one, other] = [await hall.member("1"), await hall.member("2")];
  await one.attach();
  await other.attach();
  let published = 0;
  // Who is still catching up is told by itself.
  await hall.until(() => {
    const isHeard = one.heard.length === published + 1 && other.heard.length === published + 1;
    if (!isHeard || one.bytes.at(-1) === other.bytes.at(-1)) return isHeard;
    published += 1;
    void hall.publish("a");
    return false;
  });
  assert.ok(published > 0);
});

test("1,000 members are told everything, in order, though one of them never reads [LIGHT-CHANNEL-6]", async (t) => {
  const hall = await openHall(t);
  const members = await Promise.all(Array.from({ length: 1_000 }, (_, index) => hall.member(`S${index}`)));
  for (const member of members) await member.attach();
  const [deaf, ...others] = members;
  assert.ok(deaf !== undefined);
  deaf.buffered = 1_001;
  await hall.publish("a", "b", "c");
  await hall.until(() => others.every(({ heard }) => heard.length === 4));
  assert.ok(others.every(({ offsets }) => offsets.join() === "0,1,2,3"));
  assert.deepEqual(deaf.offsets, [0]);
  deaf.buffered = 0;
  await hall.until(() => deaf.heard.length === 4);
  assert.deepEqual(deaf.offsets, [0, 1, 2, 3]);
});

test("a device that attaches again is told again from where it says it stands", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  await device.attach();
  await hall.publish("a", "b");
  await hall.until(() => device.heard.length === 3);
  await device.attach({ "public/fleet": { Epoch: "e1", Offset: 1 } });
  await hall.publish("c");
  await hall.until(() => device.heard.length === 5);
  assert.deepEqual(device.offsets, [0, 1, 2, 2, 3]);
});

test("a channel that was renewed gives its state to whoever hears it next [LIGHT-CHANNEL-4]", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  await device.attach();
  await hall.publish("a");
  await hall.until(() => device.heard.length === 2);
  await hall.renew("e2");
  await hall.publish("b");
  await hall.until(() => device.heard.length === 3);
  assert.deepEqual(device.heard.at(-1), ["state", 2, { Text: "b" }]);
  await hall.publish("c");
  await hall.until(() => device.heard.length === 4);
  assert.deepEqual(device.heard.at(-1), [3, { Text: "c" }]);
});

test("where a device says it stands is kept", async (t) => {
  const hall = await openHall(t);
  const device = await hall.member("1");
  await hall.publish("a", "b");
  await device.attach({ "public/fleet": { Epoch: "e1", Offset: 1 } });
  let position: Position | undefined;
  await hall.until(() => {
    void hall.store.position(FLEET, device.key).then((known) => {
      position = known;
    });
    return position !== undefined;
  });
  assert.deepEqual([position?.epoch, position?.offset], ["e1", 1]);
});

function nameOf(text: string): ChannelName {
  const name = channelName(text);
  assert.ok(name !== undefined);
  return name;
}

/** Channels of a gateway with a store of their own, and devices that note what they are told. */
async function openHall(t: TestContext, history: Partial<HistoryRule> = {}) {
  const clock = new VirtualClock();
  const temporary = await openTemporaryStore();
  const { store } = temporary;
  const bus = memoryBus({ clock, onError: (error) => assert.fail(String(error)) });
  const log = { info: () => undefined, warn: () => undefined, error: (event: string) => assert.fail(event) };
  const channels = new Channels({ bus, store, clock, log });
  t.after(async () => {
    channels.close();
    await bus.close();
    await temporary.remove();
  });
  const rules = { ...defaultChannelRules, history: { ...defaultChannelRules.history, ...history } };
  await store.commit("set-channel", { name: FLEET, rules, epoch: "e1", at: 0, audit: anAudit("set") });
  let published = 0;
  const publishOn = async (channel: ChannelName, Text: string): Promise<void> => {
    const id = `p${(published += 1)}`;
    const change = { channel, id, at: clock.now(), by: "ann", data: { Text }, epoch: "e1" };
    const outcome = await store.commit("publish", change);
    assert.ok(outcome.type === "published");
    bus.publish(subjects.published, { channel, sequence: outcome.publication.sequence });
  };
  const join = async (device: DeviceKey, isMember = true): Promise<void> => {
    const audit = anAudit("join", { device });
    const change = { channel: FLEET, device, isMember, at: clock.now(), audit };
    await store.commit("set-member", change);
    bus.publish(subjects.membersChanged, { devices: [device] });
  };
  const device = async (serial: string): Promise<Hearer> => {
    return new Hearer(channels, await enrolled(store, serial));
  };
  await clock.advance(1);
  return {
    store,
    join,
    device,
    publishOn,
    async member(serial: string) {
      const member = await device(serial);
      await join(member.key);
      return member;
    },
    async publish(...texts: readonly string[]) {
      for (const text of texts) await publishOn(FLEET, text);
    },
    async renew(epoch: string) {
      await store.commit("renew-channel", { name: FLEET, epoch, audit: anAudit("renew") });
    },
    /** Lets time pass until it is so. */
    async until(isSo: () => boolean) {
      const end = performance.now() + PATIENCE_MS;
      for (let turn = 0; !isSo(); turn++) {
        assert.ok(performance.now() < end, "it does not come about");
        // The store answers in its own time, however much of the clock's has passed.
        if (turn < 2_000) await clock.advance(10);
        await setImmediate();
      }
    },
    async turns() {
      for (let turn = 0; turn < 200; turn++) await setImmediate();
    },
  };
}

class Hearer {
  readonly key: DeviceKey;
  readonly own: OwnChannels;
  readonly said: Publish[] = [];
  readonly bytes: Uint8Array[] = [];
  buffered = 0;

  constructor(channels: Channels, key: DeviceKey) {
    this.key = key;
    const codec = {
      writePublication: (telling: { readonly said: Publish; readonly token: Written }) => {
        this.said.push(telling.said);
        return telling.token;
      },
    };
    const seat = new Seat({ device: key, transport: this, codec, maxBytes: 1_000 });
    const unwatched = (): void => undefined;
    this.own = new OwnChannels(channels, seat, { begin: unwatched, heed: unwatched, end: unwatched });
  }

  sendShared({ bytes }: Written): boolean {
    this.bytes.push(bytes);
    return true;
  }

  /** Gives the standings once it has been told all that it missed. */
  async attach(positions: Readonly<Record<string, Pick<Publish, "Epoch" | "Offset">>> = {}) {
    const before = this.said.length;
    const standings = await this.own.attach(positions, 1_000_000);
    this.own.begin();
    const end = performance.now() + PATIENCE_MS;
    const isTold = (): boolean =>
      Object.entries(standings).every(([name, { Offset }]) => {
        const heard = this.said.slice(before).some((said) => said.Channel === name && said.Offset >= Offset);
        return heard || positions[name]?.Offset === Offset;
      });
    while (!isTold() && performance.now() < end) await setImmediate();
    return standings;
  }

  get heard(): readonly unknown[] {
    return this.said.map(({ State, Offset, Data }) => [...(State === true ? ["state"] : []), Offset, Data]);
  }

  get offsets(): readonly number[] {
    return this.said.map(({ Offset }) => Offset);
  }

  get channels(): readonly string[] {
    return this.said.map(({ Channel }) => Channel);
  }
}
