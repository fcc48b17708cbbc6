import assert from "node:assert/strict";
import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import type { Publishing, PublishOutcome } from "../channel-changes.ts";
import {
  channelName,
  defaultChannelRules,
  isRecoverable,
  privateChannel,
  type ChannelName,
  type HistoryRule,
} from "../channels.ts";
import type { AuditEntry } from "../records.ts";
import type { Store } from "../store.ts";
import { anEvent, at, enrolled, eventNames, keyOf, type On } from "./store.fixture.ts";

const FLEET = nameOf("public/fleet");

/** Channels: what is published has its place for ever, and history has an end. */
export function channelsSuite(on: On): void {
  on("what is published gets the next offset, in the order it was published", async (store) => {
    await channel(store, FLEET);
    const outcomes = await Promise.all(["a", "b", "c"].map((id) => publish(store, id)));
    assert.deepEqual(outcomes.map(offsetOf), [1, 2, 3]);
    const kept = await store.publications({ channel: FLEET, after: 1, limit: 10 });
    assert.deepEqual(
      kept.map(({ epoch, offset, data }) => ({ epoch, offset, data })),
      [
        { epoch: "e1", offset: 2, data: { Text: "b" } },
        { epoch: "e1", offset: 3, data: { Text: "c" } },
      ],
    );
    const { head, first, epoch } = (await store.channel(FLEET)) ?? {};
    assert.deepEqual({ head, first, epoch }, { head: 3, first: 1, epoch: "e1" });
  });

  on("what is published again under its id is the same publication", async (store) => {
    await channel(store, FLEET);
    await publish(store, "a");
    await publish(store, "b");
    const again = await publish(store, "a");
    assert.equal(offsetOf(again), 1);
    assert.ok(again.type === "published" && again.repeated);
    assert.equal((await store.channel(FLEET))?.head, 2);
  });

  on("publications of all channels are read in one order", async (store) => {
    await channel(store, FLEET);
    await channel(store, nameOf("public/other"));
    assert.equal(await store.lastPublication(), 0);
    await publish(store, "a");
    await publish(store, "b", { channel: nameOf("public/other") });
    await publish(store, "c");
    const all = await store.newPublications({ after: 0, limit: 10 });
    assert.deepEqual(
      all.map(({ channel: name, offset }) => `${name} ${offset}`),
      ["public/fleet 1", "public/other 1", "public/fleet 2"],
    );
    const [first] = all;
    assert.ok(first !== undefined);
    assert.equal((await store.newPublications({ after: first.sequence, limit: 1 })).length, 1);
    assert.equal(await store.lastPublication(), all.at(-1)?.sequence);
  });

  on("nothing is published on a channel that is not there", async (store) => {
    assert.deepEqual(await publish(store, "a"), { type: "refused", reason: "unknown-channel" });
    assert.deepEqual(await publish(store, "a", { channel: privateChannel(keyOf("none"), "config") }), {
      type: "refused",
      reason: "unknown-channel",
    });
  });

  on("history has no more publications, bytes or seconds than its rule says", async (store) => {
    await channel(store, FLEET, { count: 2, bytes: 1_000 });
    for (const id of ["a", "b", "c"]) await publish(store, id);
    assert.deepEqual(await offsets(store), [2, 3]);
    await channel(store, FLEET, { count: 10, bytes: 30 });
    for (const id of ["d", "e", "f"]) await publish(store, id);
    assert.deepEqual(await offsets(store), [5, 6]);
    await channel(store, FLEET, { count: 10, bytes: 1_000, seconds: 60 });
    await publish(store, "g", { at: at(61) });
    await publish(store, "h", { at: at(62) });
    assert.deepEqual(await offsets(store), [7, 8]);
    assert.equal((await store.channel(FLEET))?.first, 7);
  });

  on("the newest publication stays, however long it is", async (store) => {
    await channel(store, FLEET, { count: 1, bytes: 1 });
    await publish(store, "a");
    await publish(store, "b");
    assert.deepEqual(await offsets(store), [2]);
  });

  on(
    "a device's own channel is there once something is published on it, and is an event of it",
    async (store) => {
      const device = await enrolled(store, "1");
      const own = privateChannel(device, "config");
      assert.deepEqual(await store.channelsOf(device), []);
      assert.equal(offsetOf(await publish(store, "a", { channel: own })), 1);
      assert.deepEqual(
        (await store.channelsOf(device)).map(({ name }) => name),
        [own],
      );
      await publish(store, "a", { channel: own });
      assert.deepEqual(await eventNames(store), [`published ${own} e1 1`]);
    },
  );

  on("members of a channel are those that were made members of it", async (store) => {
    const [one, other] = [await enrolled(store, "1"), await enrolled(store, "2")];
    await channel(store, FLEET);
    await member(store, one);
    await member(store, one);
    await member(store, other);
    assert.deepEqual(
      (await store.channelsOf(one)).map(({ name }) => name),
      [FLEET],
    );
    assert.deepEqual(await members(store), [one, other]);
    await member(store, one, false);
    assert.deepEqual(await store.channelsOf(one), []);
    assert.deepEqual(await members(store), [other]);
    assert.equal((await store.audit({ limit: 10 })).filter(({ action }) => action === "member").length, 3);
    const page = await store.channelMembers({ channel: FLEET, limit: 1, after: one });
    assert.deepEqual(
      page.items.map(({ device }) => device),
      [other],
    );
  });

  on("nobody is a member of a channel, and no device is one, that is not there", async (store) => {
    const device = await enrolled(store, "1");
    assert.equal(await member(store, device), false);
    await channel(store, FLEET);
    assert.equal(await member(store, keyOf("none")), false);
  });

  on("who is told nothing is a member all the same", async (store) => {
    const device = await enrolled(store, "1");
    const rules = { ...defaultChannelRules, subscribers: ["managers"] } as const;
    await store.commit("set-channel", { name: FLEET, rules, epoch: "e1", at: at(0), audit: audit("set") });
    await member(store, device);
    assert.deepEqual(await store.channelsOf(device), []);
    assert.deepEqual(await members(store), [device]);
  });

  on("a position only rises, until the epoch is another", async (store) => {
    const device = await enrolled(store, "1");
    await channel(store, FLEET);
    assert.equal(await stand(store, device, { epoch: "e1", offset: 1 }), false);
    await member(store, device);
    assert.equal(await store.position(FLEET, device), undefined);
    for (const offset of [1, 3, 2]) assert.equal(await stand(store, device, { epoch: "e1", offset }), true);
    assert.deepEqual(await store.position(FLEET, device), { epoch: "e1", offset: 3, at: at(3) });
    await stand(store, device, { epoch: "e2", offset: 1 });
    assert.deepEqual(await store.position(FLEET, device), { epoch: "e2", offset: 1, at: at(1) });
  });

  on("what a member says of a publication is kept with it, once", async (store) => {
    const device = await enrolled(store, "1");
    await channel(store, FLEET);
    const result = { epoch: "e1", offset: 1, status: "faulted", data: { Why: "x" }, at: at(5) } as const;
    const saying = { channel: FLEET, device, result, events: [anEvent(device, "publication-faulted")] };
    assert.deepEqual(await store.commit("record-result", saying), { held: false });
    await member(store, device);
    await stand(store, device, { epoch: "e1", offset: 1 });
    assert.deepEqual(await store.commit("record-result", saying), { held: true });
    assert.deepEqual(await store.commit("record-result", saying), { held: true });
    assert.deepEqual(await eventNames(store), ["publication-faulted"]);
    const { items } = await store.channelMembers({ channel: FLEET, limit: 10 });
    assert.deepEqual(items, [{ device, position: { epoch: "e1", offset: 1, at: at(1) }, result }]);
  });

  on("a channel that is set again keeps its epoch and what was published", async (store) => {
    await channel(store, FLEET);
    await publish(store, "a");
    await channel(store, FLEET, { count: 5, epoch: "e2" });
    const known = await store.channel(FLEET);
    assert.deepEqual([known?.epoch, known?.head, known?.rules.history.count], ["e1", 1, 5]);
  });

  on("a channel that was renewed compares with no position from before", async (store) => {
    await channel(store, FLEET);
    await publish(store, "a");
    const before = await store.channel(FLEET);
    assert.ok(before !== undefined && isRecoverable(before, { epoch: "e1", offset: 1 }));
    const change = { name: FLEET, epoch: "e2", audit: audit("renew") };
    assert.deepEqual(await store.commit("renew-channel", change), { held: true });
    const renewed = await store.channel(FLEET);
    assert.ok(renewed !== undefined && !isRecoverable(renewed, { epoch: "e1", offset: 1 }));
    assert.deepEqual([renewed.epoch, renewed.head], ["e2", 1]);
    const unknown = { ...change, name: nameOf("public/none") };
    assert.deepEqual(await store.commit("renew-channel", unknown), { held: false });
  });

  on("a channel that is removed takes everything along, and begins anew", async (store) => {
    const device = await enrolled(store, "1");
    await channel(store, FLEET);
    await member(store, device);
    await publish(store, "a");
    await stand(store, device, { epoch: "e1", offset: 1 });
    assert.deepEqual(await store.commit("remove-channel", { name: FLEET, audit: audit("remove") }), {
      held: true,
    });
    assert.equal(await store.channel(FLEET), undefined);
    await channel(store, FLEET, { epoch: "e2" });
    assert.equal((await store.channel(FLEET))?.head, 0);
    assert.deepEqual(await members(store), []);
    assert.equal(await store.position(FLEET, device), undefined);
  });

  on("a device that is removed is a member of nothing, and its own channels are gone", async (store) => {
    const device = await enrolled(store, "1");
    const own = privateChannel(device, "config");
    await channel(store, FLEET);
    await member(store, device);
    await publish(store, "a", { channel: own });
    await stand(store, device, { epoch: "e1", offset: 0 });
    await store.commit("remove-device", { device, audit: audit("remove"), events: [] });
    assert.equal(await store.channel(own), undefined);
    assert.deepEqual(await members(store), []);
  });

  on("a private channel belongs to a device that is there", async (store) => {
    const name = privateChannel(keyOf("none"), "monitor");
    const change = { name, rules: defaultChannelRules, epoch: "e1", at: at(0), audit: audit("set") };
    assert.deepEqual(await store.commit("set-channel", change), {
      type: "refused",
      reason: "unknown-device",
    });
  });

  on("channels are listed by name, page by page", async (store) => {
    for (const name of ["public/b", "public/a", "public/c"]) await channel(store, nameOf(name));
    const first = await store.channels({ limit: 2 });
    assert.deepEqual(
      first.items.map(({ name }) => name),
      ["public/a", "public/b"],
    );
    const rest = await store.channels({ limit: 2, after: first.next ?? "" });
    assert.deepEqual(
      rest.items.map(({ name }) => name),
      ["public/c"],
    );
    assert.equal(rest.next, undefined);
  });
}

function nameOf(text: string): ChannelName {
  const name = channelName(text);
  assert.ok(name !== undefined, text);
  return name;
}

async function channel(
  store: Store,
  name: ChannelName,
  { epoch = "e1", ...history }: Partial<HistoryRule> & { readonly epoch?: string } = {},
): Promise<void> {
  const rules = { ...defaultChannelRules, history: { ...defaultChannelRules.history, ...history } };
  const set = await store.commit("set-channel", { name, rules, epoch, at: at(0), audit: audit("set") });
  assert.equal(set.type, "set");
}

function publish(store: Store, id: string, changes: Partial<Publishing> = {}): Promise<PublishOutcome> {
  const data: JsonObject = { Text: id };
  return store.commit("publish", {
    channel: FLEET,
    id,
    at: at(1),
    by: "ann",
    data,
    epoch: "e1",
    ...changes,
  });
}

function offsetOf(outcome: PublishOutcome): number {
  assert.ok(outcome.type === "published");
  return outcome.publication.offset;
}

async function offsets(store: Store): Promise<readonly number[]> {
  const kept = await store.publications({ channel: FLEET, after: 0, limit: 100 });
  return kept.map(({ offset }) => offset);
}

async function member(store: Store, device: DeviceKey, isMember = true): Promise<boolean> {
  const change = { channel: FLEET, device, isMember, at: at(2), audit: audit("member", device) };
  return (await store.commit("set-member", change)).held;
}

async function members(store: Store): Promise<readonly DeviceKey[]> {
  const { items } = await store.channelMembers({ channel: FLEET, limit: 100 });
  return items.map(({ device }) => device);
}

async function stand(
  store: Store,
  device: DeviceKey,
  position: { readonly epoch: string; readonly offset: number },
): Promise<boolean> {
  const change = { channel: FLEET, device, position, at: at(position.offset) };
  return (await store.commit("move-position", change)).held;
}

let audited = 0;
function audit(action: string, device?: DeviceKey): AuditEntry {
  audited += 1;
  return { at: at(audited), manager: "ann", action, detail: {}, ...(device === undefined ? {} : { device }) };
}
