import assert from "node:assert/strict";
import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import { channelName, defaultChannelRules, privateChannel, type ChannelName } from "../channels.ts";
import { groupName, type GroupName } from "../groups.ts";
import { defaultRollout, policyName, type PolicyContent, type PolicyName } from "../policies.ts";
import type { BeginCompliance, PublishPolicy, SetPolicy } from "../policy-changes.ts";
import type { Store } from "../store.ts";
import { anAudit, at, enrolled, eventNames, opening, type On } from "./store.fixture.ts";
import { tagging } from "./tags.suite.ts";

const WIFI = theName("wifi");
const GOLD = theGroup("gold");
const CHANNEL = theChannel("public/wifi");

/** Policies: their versions only rise, their channels' members are those that they were begun with. */
export function policiesSuite(on: On): void {
  on(
    "a policy is made for a group that is there, under a name that is no group's and no channel's",
    async (store) => {
      const refused = { type: "refused" };
      assert.deepEqual(await store.commit("set-policy", setting()), { ...refused, reason: "unknown-group" });
      await gold(store);
      assert.deepEqual(await store.commit("set-policy", setting({ name: theName("gold") })), {
        ...refused,
        reason: "name-taken",
      });
      await store.commit("set-channel", {
        name: CHANNEL,
        rules: defaultChannelRules,
        epoch: "e0",
        at: at(1),
        audit: anAudit("set-channel"),
      });
      assert.deepEqual(await store.commit("set-policy", setting()), { ...refused, reason: "name-taken" });
      const made = await store.commit("set-policy", setting({ name: theName("other") }));
      assert.equal(made.type, "made");
      const again = await store.commit("set-policy", setting({ name: theName("other"), description: "new" }));
      assert.equal(again.type, "changed");
      assert.deepEqual(
        (await store.policies()).map(({ name, description, version }) => ({ name, description, version })),
        [{ name: "other", description: "new", version: 0 }],
      );
    },
  );

  on("each publication is a new version, in another epoch, and has no members yet", async (store) => {
    const [device] = await published(store);
    await begin(store, beginning([device]));
    assert.deepEqual(await members(store), [device]);
    const again = await store.commit("publish-policy", publishing({ epoch: "e2", at: at(41) }));
    assert.ok(again.type === "published");
    assert.deepEqual(again.rollout, { version: 2, state: "running", wave: 0, since: at(41) });
    assert.deepEqual(await members(store), []);
    const { epoch, head, first } = (await store.channel(CHANNEL)) ?? {};
    assert.deepEqual({ epoch, head, first }, { epoch: "e2", head: 2, first: 2 });
    assert.deepEqual(await said(store, CHANNEL), [{ Policy: "wifi", Version: 2, ...body() }]);
    assert.deepEqual(
      (await store.policyVersions(WIFI)).map(({ version }) => version),
      [2, 1],
    );
  });

  on("what is published again by the same audit entry is the same version", async (store) => {
    await published(store);
    const again = await store.commit("publish-policy", publishing());
    assert.ok(again.type === "published");
    assert.equal(again.version.version, 1);
  });

  on("an earlier version is brought back as a newer one, at once", async (store) => {
    await published(store);
    const draft = { ...content(), values: { "Device.WiFi.": { Enable: false } } };
    await store.commit("set-policy", setting({ draft }));
    await store.commit("publish-policy", publishing({ epoch: "e2", at: at(41) }));
    const back = await store.commit(
      "publish-policy",
      publishing({ epoch: "e3", at: at(42), rollsBackTo: 1 }),
    );
    assert.ok(back.type === "published");
    assert.deepEqual([back.version.version, back.version.rollsBackTo, back.rollout.atOnce], [3, 1, true]);
    assert.deepEqual(back.version.content, content());
    const none = await store.commit("publish-policy", publishing({ at: at(43), rollsBackTo: 9 }));
    assert.deepEqual(none, { type: "refused", reason: "unknown-version" });
  });

  on("only devices of the group are begun with, and only while the rollout goes on", async (store) => {
    const [device, other] = await published(store);
    const stranger = await enrolled(store, "3");
    assert.deepEqual(await store.policyJoiners({ policy: WIFI, limit: 1 }), [{ device }]);
    assert.deepEqual(await begin(store, beginning([device, stranger])), [device]);
    assert.deepEqual(await store.policyJoiners({ policy: WIFI, limit: 10 }), [{ device: other }]);
    assert.deepEqual(await store.complianceOf(device), [
      { policy: WIFI, device, version: 1, state: "pending", at: at(50), mended: [] },
    ]);
    const running = { version: 1, state: "running", wave: 0, since: at(40) } as const;
    const paused = { ...running, state: "paused", since: at(51) } as const;
    const move = { policy: WIFI, from: running, to: paused };
    assert.deepEqual(await store.commit("move-rollout", move), { held: true });
    assert.deepEqual(await store.commit("move-rollout", move), { held: true }, "it is there already");
    await store.commit("set-tags", tagging(stranger, { add: ["gold"] }));
    assert.deepEqual(await begin(store, beginning([stranger])), []);
    const late = { policy: WIFI, from: running, to: { ...running, state: "complete" } } as const;
    assert.deepEqual(await store.commit("move-rollout", late), { held: false });
  });

  on(
    "a device that left the group is told on its own channel, and told again where it comes back",
    async (store) => {
      const [device, classic] = await published(store);
      await store.commit("open-connection", opening(device, "c1", { lightSubprotocol: "cwmp.json" }));
      await begin(store, beginning([device, classic]));
      assert.deepEqual(await store.policyLeavers({ policy: WIFI, limit: 10 }), []);
      await store.commit("set-tags", tagging(device, { remove: ["gold"] }, 55));
      await store.commit("set-tags", tagging(classic, { remove: ["gold"] }, 55));
      assert.deepEqual(await store.policyLeavers({ policy: WIFI, limit: 10 }), [device, classic]);
      const ending = { policy: WIFI, devices: [device, classic], epoch: "own", at: at(60) };
      assert.deepEqual(await store.commit("end-compliance", ending), { devices: [device, classic] });
      assert.deepEqual(await store.commit("end-compliance", ending), { devices: [] });
      const own = privateChannel(device, "config");
      assert.deepEqual(await said(store, own), [{ Policy: "wifi", Version: 1, Withdrawn: true }]);
      assert.equal(await store.channel(privateChannel(classic, "config")), undefined, "it hears no channel");
      assert.deepEqual(await members(store), []);
      assert.deepEqual(await store.complianceOf(device), []);
      await store.commit("set-tags", tagging(device, { add: ["gold"] }, 65));
      await begin(store, beginning([device], { at: at(70) }));
      assert.deepEqual(await said(store, own), [
        { Policy: "wifi", Version: 1, Withdrawn: true },
        { Policy: "wifi", Version: 1, ...body() },
      ]);
    },
  );

  on("what a device says of the publication is where it stands with the policy", async (store) => {
    const [one, other] = await published(store);
    await begin(store, beginning([one, other]));
    await answer(store, one, { status: "applied" });
    await answer(store, other, { status: "faulted", data: { Faults: [FAULT] } });
    assert.deepEqual(await standings(store), ["1 applied 1", "2 faulted -"]);
    assert.deepEqual((await store.complianceOf(other))[0]?.faults, [
      { path: "Device.WiFi.Enable", code: 9007, message: "no" },
    ]);
    const { states, older, members: all } = await store.complianceCounts(WIFI);
    assert.deepEqual([states.applied, states.faulted, states.pending, older, all], [1, 1, 0, 0, 2]);
    await answer(store, one, { status: "applied", data: { Drifted: ["Device.WiFi.Enable"] } });
    assert.deepEqual(await standings(store), ["1 drifted 1", "2 faulted -"]);
    const names = await eventNames(store);
    assert.deepEqual(
      names.filter((each) => each.startsWith("policy-")).map((each) => each.split(" ")[0]),
      ["policy-applied", "policy-faulted", "policy-drifted"],
    );
  });

  on("what is said of an older version, or by somebody who is no member, is not heeded", async (store) => {
    const [device] = await published(store);
    await begin(store, beginning([device]));
    await store.commit("publish-policy", publishing({ epoch: "e2", at: at(41) }));
    await answer(store, device, { status: "applied" });
    assert.deepEqual(await standings(store), ["1 pending -"]);
    await begin(store, beginning([device], { version: 2 }));
    await answer(store, device, { status: "applied" });
    assert.deepEqual(await standings(store), ["1 pending -"]);
    const change = { policy: WIFI, device, version: 1, state: "applied", at: at(60) } as const;
    assert.deepEqual(await store.commit("record-compliance", change), { held: false });
    assert.deepEqual(await store.commit("record-compliance", { ...change, version: 2 }), { held: true });
    assert.deepEqual(await standings(store), ["1 applied 2"]);
    const work = { states: ["applied"], limit: 10 } as const;
    assert.equal((await store.complianceWork(work)).length, 1);
    assert.equal((await store.complianceWork({ ...work, after: { device, policy: WIFI } })).length, 0);
  });

  on(
    "a policy that is removed is withdrawn from all that were begun with, and its versions go on rising",
    async (store) => {
      const [one, other] = await published(store);
      await begin(store, beginning([one, other]));
      const removing = { name: WIFI, at: at(60), epoch: "e2", audit: anAudit("remove-policy") };
      assert.deepEqual(await store.commit("remove-policy", removing), { held: true });
      assert.deepEqual(await store.commit("remove-policy", removing), { held: true });
      assert.deepEqual(await store.policies(), []);
      assert.deepEqual(await said(store, CHANNEL), [{ Policy: "wifi", Version: 2, Withdrawn: true }]);
      assert.deepEqual(await members(store), [one, other]);
      await store.commit("set-policy", setting());
      const again = await store.commit("publish-policy", publishing({ epoch: "e3", at: at(61) }));
      assert.ok(again.type === "published");
      assert.equal(again.version.version, 3);
      assert.deepEqual(await members(store), []);
    },
  );
}

const FAULT = { Path: "Device.WiFi.Enable", FaultCode: 9007, FaultString: "no" };

function content(): PolicyContent {
  return { priority: 5, hold: "mend", values: { "Device.WiFi.": { Enable: true } }, objects: [] };
}

function body(): JsonObject {
  return { Priority: 5, Hold: "mend", ParameterList: { "Device.WiFi.": { Enable: true } } };
}

function setting(changes: Partial<SetPolicy> = {}): SetPolicy {
  return {
    name: WIFI,
    description: "",
    group: GOLD,
    draft: content(),
    rules: defaultRollout,
    at: at(30),
    audit: anAudit("set-policy"),
    ...changes,
  };
}

function publishing(changes: Partial<PublishPolicy> = {}): PublishPolicy {
  const moment = changes.at ?? at(40);
  return {
    name: WIFI,
    epoch: "e1",
    at: moment,
    by: "admin",
    audit: anAudit("publish-policy", { at: moment }),
    ...changes,
  };
}

async function gold(store: Store): Promise<void> {
  await store.commit("set-group", {
    name: GOLD,
    description: "",
    expression: 'tag = "gold"',
    trustedFactsOnly: true,
    at: at(20),
    audit: anAudit("set-group"),
  });
}

/** A policy whose first version is out, and the devices of its group. */
async function published(store: Store): Promise<readonly [DeviceKey, DeviceKey]> {
  await gold(store);
  const devices = [await enrolled(store, "1"), await enrolled(store, "2")] as const;
  for (const device of devices) await store.commit("set-tags", tagging(device, { add: ["gold"] }));
  await store.commit("set-policy", setting());
  await store.commit("publish-policy", publishing());
  return devices;
}

function beginning(devices: readonly DeviceKey[], changes: Partial<BeginCompliance> = {}): BeginCompliance {
  return { policy: WIFI, version: 1, devices, at: at(50), ...changes };
}

async function begin(store: Store, change: BeginCompliance): Promise<readonly DeviceKey[]> {
  const begun = await store.commit("begin-compliance", change);
  return begun.devices;
}

async function answer(
  store: Store,
  device: DeviceKey,
  said: { readonly status: "applied" | "faulted"; readonly data?: JsonObject },
): Promise<void> {
  const result = { epoch: "e1", offset: 1, at: at(55), ...said };
  await store.commit("record-result", { channel: CHANNEL, device, result, events: [] });
}

async function standings(store: Store): Promise<readonly string[]> {
  const page = await store.compliance({ policy: WIFI, limit: 10 });
  return page.items.map(
    ({ device, state, applied }) => `${device.split("-").at(-1)} ${state} ${applied ?? "-"}`,
  );
}

async function members(store: Store): Promise<readonly DeviceKey[]> {
  const page = await store.channelMembers({ channel: CHANNEL, limit: 100 });
  return page.items.map(({ device }) => device);
}

export async function said(store: Store, channel: ChannelName): Promise<readonly JsonObject[]> {
  const found = await store.publications({ channel, after: 0, limit: 100 });
  return found.map(({ data }) => data);
}

function theName(text: string): PolicyName {
  const name = policyName(text);
  if (name === undefined) throw new Error(`${text} is no policy's name`);
  return name;
}

function theGroup(text: string): GroupName {
  const name = groupName(text);
  if (name === undefined) throw new Error(`${text} is no group's name`);
  return name;
}

function theChannel(text: string): ChannelName {
  const name = channelName(text);
  if (name === undefined) throw new Error(`${text} is no channel's name`);
  return name;
}
