import assert from "node:assert/strict";
import { parseExpression, printExpression, type DeviceKey, type ParameterValues } from "@heliograph/protocol";
import { groupName, type GroupName, type SetGroup } from "../groups.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  anAudit,
  approving,
  asking,
  at,
  claiming,
  connected,
  enrolled,
  enrolment,
  keyOf,
  lightOpening,
  opening,
  outcome,
  type On,
} from "./store.fixture.ts";
import { tagging } from "./tags.suite.ts";

/** Who belongs to a group, since when, and why. */
export function groupsSuite(on: On): void {
  on(
    "a group of a fresh store takes in those of whom its expression is true, once they are counted",
    async (store) => {
      const one = await enrolled(store, "1");
      await enrolled(store, "2");
      await store.commit("set-tags", tagging(one, { add: ["gold"] }));
      const made = await store.commit("set-group", grouping("gold", 'tag = "gold"'));
      assert.equal(made.type, "made");
      assert.deepEqual((await store.group(named("gold")))?.counting, {
        because: "expression",
        counted: 0,
        of: 2,
      });
      assert.deepEqual(await members(store, "gold"), []);
      await counted(store);
      assert.deepEqual(await members(store, "gold"), ["1"]);
      assert.deepEqual(await store.group(named("gold")), {
        name: "gold",
        description: "about gold",
        expression: 'tag = "gold"',
        trustedFactsOnly: false,
        createdAt: at(20),
        changedAt: at(20),
        members: 1,
      });
      assert.deepEqual(await changes(store, "gold"), ["1 joined, expression"]);
    },
  );

  on("counting goes on from where it came to", async (store) => {
    for (const serialNumber of ["1", "2", "3", "4", "5"]) await enrolled(store, serialNumber);
    await store.commit("set-group", grouping("all", "has key"));
    const step = { at: at(60), limit: 2 };
    assert.deepEqual(await store.commit("count-groups", step), { goesOn: true });
    assert.deepEqual(await members(store, "all"), ["1", "2"]);
    assert.deepEqual((await store.group(named("all")))?.counting, {
      because: "expression",
      counted: 2,
      of: 5,
    });
    assert.deepEqual(await store.commit("count-groups", step), { goesOn: true });
    assert.deepEqual(await store.commit("count-groups", step), { goesOn: false });
    assert.deepEqual(await members(store, "all"), ["1", "2", "3", "4", "5"]);
    assert.deepEqual(await store.commit("count-groups", step), { goesOn: false });
  });

  on("a device that comes in belongs at once", async (store) => {
    await store.commit("set-group", grouping("acme", 'manufacturer = "Acme"'));
    await store.commit("set-group", grouping("other", 'manufacturer = "Other"'));
    await enrolled(store, "1");
    assert.deepEqual(await members(store, "acme"), ["1"]);
    assert.deepEqual(await members(store, "other"), []);
    assert.deepEqual(await changes(store, "acme"), ["1 joined, enrolled"]);
    assert.deepEqual(await store.groupsOf(keyOf("1")), [{ group: "acme", since: at(0) }]);
  });

  on(
    "an Inform with other software has a device join one group and leave another, and says which fact",
    async (store) => {
      await store.commit("set-group", grouping("old", "softwareVersion < 2.0"));
      await store.commit("set-group", grouping("new", "softwareVersion >= 2.0"));
      const key = await enrolled(store, "1");
      assert.deepEqual(await store.groupsOf(key), [], "what it runs is not known");
      await store.commit("open-connection", opening(key, "c1", { facts: { softwareVersion: "1.10" } }));
      await store.commit(
        "open-connection",
        opening(key, "c2", { at: at(30), facts: { softwareVersion: "2.0" } }),
      );
      assert.deepEqual(await members(store, "old"), []);
      assert.deepEqual(await members(store, "new"), ["1"]);
      assert.deepEqual(await changes(store, "old"), [
        '1 left, softwareVersion from "1.10" to "2.0"',
        '1 joined, softwareVersion from undefined to "1.10"',
      ]);
      assert.deepEqual(await store.groupsOf(key), [{ group: "new", since: at(30) }]);
    },
  );

  on("an Inform that tells nothing new changes nothing, and forgets nothing", async (store) => {
    const path = "Device.WiFi.Radio.1.Channel";
    await store.commit("set-group", grouping("six", `${path} = 6 and softwareVersion = "1"`));
    const key = await enrolled(store, "1");
    const told = { "Device.WiFi.Radio.1.": { Channel: 6 } };
    await store.commit(
      "open-connection",
      opening(key, "c1", { parameters: told, facts: { softwareVersion: "1" } }),
    );
    for (const connection of ["c2", "c3"]) {
      await store.commit(
        "open-connection",
        opening(key, connection, { parameters: { "Device.": { UpTime: 5 } } }),
      );
    }
    assert.deepEqual(await members(store, "six"), ["1"]);
    assert.equal((await changes(store, "six")).length, 1);
    await counted(store);
    assert.deepEqual(await members(store, "six"), ["1"]);
  });

  on("a value that comes with another type, or is long, is new only where it is another", async (store) => {
    const long = "x".repeat(100_000);
    await store.commit("set-group", grouping("six", "Device.X.Channel = 6 and has Device.X.Text"));
    await store.commit("set-group", grouping("long", 'Device.X.Text ~ "y*"'));
    const key = await enrolled(store, "1");
    const tell = async (connection: string, values: ParameterValues[string]) =>
      store.commit("open-connection", opening(key, connection, { parameters: { "Device.X.": values } }));
    await tell("c1", { Channel: ["6", "int"], Text: long });
    await tell("c2", { Channel: 6, Text: long });
    assert.deepEqual(await members(store, "six"), ["1"]);
    assert.equal((await changes(store, "six")).length, 1);
    await tell("c3", { Channel: 6, Text: `y${long}` });
    assert.deepEqual(await members(store, "long"), ["1"]);
    const [told] = await changes(store, "long");
    assert.ok(told !== undefined && told.length < 1_000, "an event stays small");
    await tell("c4", { Channel: 7 });
    assert.deepEqual(await members(store, "six"), []);
  });

  on("any instance of a starred path will do, and its members know which changed", async (store) => {
    await store.commit("set-group", grouping("dfs", "Device.WiFi.Radio.*.Channel >= 52"));
    const key = await enrolled(store, "1");
    const tell = async (connection: string, channel: number) =>
      store.commit(
        "open-connection",
        opening(key, connection, { parameters: { "Device.WiFi.Radio.2.": { Channel: channel } } }),
      );
    await tell("c1", 36);
    assert.deepEqual(await members(store, "dfs"), []);
    await tell("c2", 100);
    assert.deepEqual(await members(store, "dfs"), ["1"]);
    await tell("c3", 40);
    const channel = (from: number, to: number) =>
      `Device.WiFi.Radio.*.Channel from {"Device.WiFi.Radio.2.Channel":${from}} to {"Device.WiFi.Radio.2.Channel":${to}}`;
    assert.deepEqual(await changes(store, "dfs"), [
      `1 left, ${channel(100, 40)}`,
      `1 joined, ${channel(36, 100)}`,
    ]);
  });

  on("what is read of a device counts with the answer that told it", async (store) => {
    await store.commit("set-group", grouping("named", 'Device.X.Name ~ "living*"'));
    const key = await enrolled(store, "1");
    const pair = await connected(store, key, "c1");
    await accepted(store, asking(key, "a"));
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    const lesson = { at: at(40), values: { "Device.X.": { Name: "Living room" } } };
    await store.commit("record-outcome", outcome(key, "a", { ...pair, call: "1", lesson }));
    assert.deepEqual(await members(store, "named"), ["1"]);
    assert.deepEqual(await changes(store, "named"), [
      '1 joined, Device.X.Name from undefined to "Living room"',
    ]);
  });

  on("a device that starts from nothing is known by nothing it said before", async (store) => {
    await store.commit("set-group", grouping("six", "Device.X.Channel = 6"));
    const key = await enrolled(store, "1");
    await store.commit(
      "open-connection",
      opening(key, "c1", { parameters: { "Device.X.": { Channel: 6 } } }),
    );
    await store.commit("open-connection", opening(key, "c2", { bootstrapped: true, parameters: {} }));
    assert.deepEqual(await members(store, "six"), []);
  });

  on("tags, approval and credentials count as they change", async (store) => {
    await store.commit("set-group", grouping("in", 'approval = approved and not tag = "out"'));
    await store.commit("set-group", grouping("own", "credentials = confirmed"));
    await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
    const key = keyOf("1");
    assert.deepEqual(await members(store, "in"), []);
    await store.commit("set-approval", approving(key, "approved"));
    assert.deepEqual(await members(store, "in"), ["1"]);
    await store.commit("set-tags", tagging(key, { add: ["out"] }));
    assert.deepEqual(await members(store, "in"), []);
    await connected(store, key, "c1");
    await store.commit("stage-credentials", { device: key, sealed: "s" });
    assert.deepEqual(await members(store, "own"), []);
    await store.commit("confirm-credentials", {
      device: key,
      staged: "s",
      sealed: "t",
      at: at(50),
      events: [],
    });
    assert.deepEqual(await changes(store, "own"), ['1 joined, credentials from "staged" to "confirmed"']);
  });

  on("connections count as they open and close, and all at once where they were lost", async (store) => {
    await store.commit("set-group", grouping("here", "reachability = connected"));
    await counted(store);
    const one = await enrolled(store, "1");
    const two = await enrolled(store, "2");
    const opened = await store.commit("open-light-connection", lightOpening(one, "l1"));
    await store.commit("open-light-connection", lightOpening(two, "l2"));
    assert.deepEqual(await members(store, "here"), ["1", "2"]);
    assert.ok(opened.type === "opened" && opened.device.connection !== undefined);
    const { connection, generation } = opened.device;
    await store.commit("close-connection", { key: one, connection: connection.id, generation, events: [] });
    assert.deepEqual(await members(store, "here"), ["2"]);
    await store.commit("close-stale-connections", { at: at(60) });
    assert.equal((await store.group(named("here")))?.counting?.because, "restart");
    await counted(store);
    assert.deepEqual(await members(store, "here"), []);
    assert.equal((await changes(store, "here"))[0], '2 left, reachability from "connected" to "unreachable"');
  });

  on("time that goes by counts with the next counting", async (store) => {
    await store.commit("set-group", grouping("silent", "lastInform < 1d ago"));
    await store.commit("set-group", grouping("all", "has key"));
    const key = await enrolled(store, "1");
    await connected(store, key, "c1");
    await counted(store, at(3_600));
    assert.deepEqual(await members(store, "silent"), []);
    await store.commit("recount-groups", { at: at(90_000) });
    assert.equal((await store.group(named("all")))?.counting, undefined);
    await counted(store, at(90_000));
    assert.deepEqual(await members(store, "silent"), ["1"]);
    assert.deepEqual(await changes(store, "silent"), ["1 joined, time"]);
  });

  on("another expression is another membership, and the same one none", async (store) => {
    await enrolled(store, "1");
    await store.commit("set-group", grouping("g", "has key"));
    await counted(store);
    const same = await store.commit(
      "set-group",
      grouping("g", "has key", { at: at(50), description: "new words" }),
    );
    assert.ok(same.type === "changed" && same.group.counting === undefined);
    assert.equal(same.group.description, "new words");
    const other = await store.commit("set-group", grouping("g", "not has key", { at: at(60) }));
    assert.ok(other.type === "changed" && other.group.counting?.because === "expression");
    await counted(store);
    assert.deepEqual(await changes(store, "g"), ["1 left, expression", "1 joined, expression"]);
    assert.equal((await store.group(named("g")))?.members, 0);
  });

  on("a device that is removed leaves its groups", async (store) => {
    await store.commit("set-group", grouping("all", "has key"));
    const key = await enrolled(store, "1");
    await store.commit("remove-device", {
      device: key,
      audit: anAudit("remove-device", { device: key }),
      events: [],
    });
    assert.deepEqual(await members(store, "all"), []);
    assert.equal((await store.group(named("all")))?.members, 0);
    assert.deepEqual(await changes(store, "all"), ["1 left, removed", "1 joined, enrolled"]);
  });

  on("a group that is removed takes its members along, and is not there any more", async (store) => {
    await store.commit("set-group", grouping("g", "has key"));
    const key = await enrolled(store, "1");
    const removal = { name: named("g"), audit: anAudit("remove-group", { at: at(70) }) };
    assert.deepEqual(await store.commit("remove-group", removal), { held: true });
    assert.deepEqual(await store.commit("remove-group", removal), { held: true });
    assert.deepEqual(await store.groupsOf(key), []);
    assert.deepEqual(await store.groups(), []);
    const stranger = { name: named("h"), audit: anAudit("remove-group", { at: at(71) }) };
    assert.deepEqual(await store.commit("remove-group", stranger), { held: false });
  });

  on("members and changes come page by page", async (store) => {
    await store.commit("set-group", grouping("all", "has key"));
    for (const serialNumber of ["3", "1", "2"]) await enrolled(store, serialNumber);
    const first = await store.groupMembers({ group: named("all"), limit: 2 });
    assert.deepEqual(
      first.items.map(({ device }) => device),
      [keyOf("1"), keyOf("2")],
    );
    assert.ok(first.next !== undefined);
    const rest = await store.groupMembers({ group: named("all"), limit: 2, after: first.next });
    assert.deepEqual(rest, { items: [{ device: keyOf("3"), since: at(0) }] });
    const newest = await store.groupChanges({ group: named("all"), limit: 1 });
    assert.deepEqual(
      newest.items.map(({ device }) => device),
      [keyOf("2")],
    );
    assert.ok(newest.next !== undefined);
    const older = await store.groupChanges({ group: named("all"), limit: 5, after: newest.next });
    assert.deepEqual(
      older.items.map(({ device }) => device),
      [keyOf("1"), keyOf("3")],
    );
    assert.equal(older.next, undefined);
  });
}

function named(name: string): GroupName {
  const group = groupName(name);
  if (group === undefined) throw new Error(`${name} names no group`);
  return group;
}

function grouping(name: string, expression: string, changes: Partial<SetGroup> = {}): SetGroup {
  const read = parseExpression(expression);
  if (!read.ok) throw new Error(read.problem.detail);
  const moment = changes.at ?? at(20);
  return {
    name: named(name),
    description: `about ${name}`,
    expression: printExpression(read.value),
    trustedFactsOnly: false,
    at: moment,
    audit: anAudit("set-group", { at: moment, detail: { name, expression } }),
    ...changes,
  };
}

async function counted(store: Store, moment = at(60)): Promise<void> {
  for (let step = 0; step < 100; step += 1) {
    if (!(await store.commit("count-groups", { at: moment, limit: 100 })).goesOn) return;
  }
  throw new Error("the counting has no end");
}

async function members(store: Store, group: string): Promise<readonly string[]> {
  const { items } = await store.groupMembers({ group: named(group), limit: 100 });
  return items.map(({ device }) => serialOf(device));
}

/** Newest first. */
async function changes(store: Store, group: string): Promise<readonly string[]> {
  const { items } = await store.groupChanges({ group: named(group), limit: 100 });
  return items.map(({ device, name, data }) => {
    const { group: told, because, facts } = data;
    assert.equal(told, group);
    const words = Array.isArray(facts)
      ? facts.map(factWords).join("; ")
      : JSON.stringify(because).slice(1, -1);
    return `${serialOf(device)} ${name.replace("group-", "")}, ${words}`;
  });
}

function factWords({
  fact,
  from,
  to,
}: {
  readonly fact: string;
  readonly from?: unknown;
  readonly to?: unknown;
}): string {
  return `${fact} from ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
}

function serialOf(key: DeviceKey): string {
  for (let serial = 0; serial < 10; serial += 1) if (keyOf(String(serial)) === key) return String(serial);
  throw new Error(`${key} is none of ours`);
}
