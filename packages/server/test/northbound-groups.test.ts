import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device, Group } from "@heliograph/api";
import { createClient, type Client } from "@heliograph/api/client";
import { startCounting } from "../src/engine/count-groups.ts";
import { subjects, type BusEvent } from "../src/ports/index.ts";
import { runNorthbound, type RunningNorthbound } from "./running-northbound.ts";

const SIX = { "Device.WiFi.Radio.1.": { Channel: 6 } };

test("a device is given tags, which are shown, kept in the audit log and told as events", async () => {
  await using running = await runNorthbound();
  const { client, clock } = running;
  const key = await running.enrol("1");
  await client.groups.addTag(key, "silver");
  await clock.advance(1);
  assert.deepEqual((await client.groups.addTag(key, "gold")).tags, ["gold", "silver"]);
  await clock.advance(1);
  assert.deepEqual((await client.groups.removeTag(key, "silver")).tags, ["gold"]);
  assert.deepEqual((await client.devices.get(key)).tags, ["gold"]);
  const { items } = await client.devices.events(key);
  assert.deepEqual(
    items.map(({ name, data }) => [name, data]),
    [
      ["tags-changed", { added: ["silver"], removed: [] }],
      ["tags-changed", { added: ["gold"], removed: [] }],
      ["tags-changed", { added: [], removed: ["silver"] }],
    ],
  );
  const audit = await client.audit();
  assert.deepEqual(
    audit.items.map(({ action }) => action),
    ["set-tags", "set-tags", "set-tags"],
  );
});

test("a tag that is none, and a device that is not there, are refused", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  assert.equal((await running.ask("PUT", `/api/v1/devices/${key}/tags/-x`)).reason, "invalid-request");
  assert.equal((await running.ask("PUT", "/api/v1/devices/00D09E-IGD-9/tags/x")).reason, "unknown-device");
});

test("devices are found by an expression, page by page, in the order of their keys", async () => {
  await using running = await runNorthbound();
  const keys = await fleet(running);
  const where = "softwareVersion >= 1.10 and Device.WiFi.Radio.*.Channel = 6";
  const first = await running.client.devices.list({ where, limit: 1 });
  assert.deepEqual(keysOf(first.items), [keys[1]]);
  assert.ok(first.next !== undefined);
  const rest = await running.client.devices.list({ where, limit: 10, cursor: first.next });
  assert.deepEqual(keysOf(rest.items), [keys[2]]);
  assert.deepEqual([rest.next, rest.unfinished], [undefined, undefined]);
});

test("an expression that cannot be read is refused with the place, and other filters do not stand beside one", async () => {
  await using running = await runNorthbound();
  const { ask } = running;
  const where = encodeURIComponent("softwareversion < 2");
  const { reason, body } = await ask("GET", `/api/v1/devices?where=${where}`);
  assert.equal(reason, "invalid-expression");
  assert.match(JSON.stringify(body), /"at":"where","detail":"character 1: .*is `softwareVersion` meant\?/);
  const beside = await ask("GET", "/api/v1/devices?where=has+tag&query=acme");
  assert.equal(beside.reason, "invalid-request");
});

test("a group takes in the devices there are, follows those that change, and says why", async () => {
  await using running = await runNorthbound();
  await using counting = counted(running);
  const { client, clock } = running;
  const [one, two] = await fleet(running);
  assert.ok(one !== undefined && two !== undefined);
  const made = await client.groups.set("old", {
    expression: "softwareVersion<1.10",
    description: "to be upgraded",
  });
  assert.equal(made.expression, 'softwareVersion < "1.10"');
  assert.deepEqual(made.counting, { because: "expression", counted: 0, of: 3 });
  const group = await counting.done("old");
  assert.deepEqual([group.members, group.counting], [1, undefined]);
  await clock.advance(1_000);
  await running.inform(one, { facts: { softwareVersion: "2.0" } });
  await running.inform(two, { facts: { softwareVersion: "1.0" } });
  const members = await client.groups.members("old");
  assert.deepEqual(members.items, [{ device: two, since: new Date(clock.now()).toISOString() }]);
  const changes = await client.groups.changes("old");
  assert.deepEqual(
    changes.items.map(({ device, name, data }) => [device, name, data["because"], data["facts"]]),
    [
      [two, "group-joined", "facts", [{ fact: "softwareVersion", from: "1.10", to: "1.0" }]],
      [one, "group-left", "facts", [{ fact: "softwareVersion", from: "1.9", to: "2.0" }]],
      [one, "group-joined", "expression", undefined],
    ],
  );
  assert.deepEqual((await client.groups.of(two)).items, [{ group: "old", since: members.items[0]?.since }]);
});

test("who joins is told on the bus", async () => {
  await using running = await runNorthbound();
  await using counting = counted(running);
  const { client } = running;
  const key = await running.enrol("1");
  await client.groups.set("gold", { expression: 'tag = "gold"' });
  await counting.done("gold");
  const joined = joins(running);
  await client.groups.addTag(key, "gold");
  const { device, data } = await joined;
  assert.deepEqual([device, data["group"]], [key, "gold"]);
  assert.deepEqual(data["facts"], [{ fact: "tag", from: [], to: ["gold"] }]);
});

test("time that goes by is looked at every five minutes", async () => {
  await using running = await runNorthbound();
  await using counting = counted(running);
  const { client, clock } = running;
  const key = await running.enrol("1");
  await running.inform(key);
  await client.groups.set("silent", { expression: "lastInform < 10m ago" });
  assert.equal((await counting.done("silent")).members, 0);
  const joined = joins(running);
  await clock.advance(900_000);
  assert.equal((await joined).data["because"], "time");
});

test("a group that goes by trusted facts only refuses what devices say of themselves", async () => {
  await using running = await runNorthbound();
  const { ask, client } = running;
  const body = { expression: 'tag = "gold" and softwareVersion = "1"', trustedFactsOnly: true };
  const { reason, body: told } = await ask("PUT", "/api/v1/groups/gold", { body });
  assert.equal(reason, "invalid-expression");
  assert.match(JSON.stringify(told), /devices say so of themselves: softwareVersion;/);
  const group = await client.groups.set("gold", {
    expression: 'tag = "gold" and credentials = confirmed',
    trustedFactsOnly: true,
  });
  assert.equal(group.trustedFactsOnly, true);
});

test("a group is listed, changed and removed", async () => {
  await using running = await runNorthbound();
  const { ask, client, clock } = running;
  await client.groups.set("b", { expression: "has key" });
  await client.groups.set("a", { expression: "has tag" });
  assert.deepEqual(namesOf((await client.groups.list()).items), ["a", "b"]);
  await client.groups.set("a", { expression: "has key", description: "all" });
  assert.deepEqual((await client.groups.get("a")).description, "all");
  await client.groups.remove("b");
  assert.deepEqual(namesOf((await client.groups.list()).items), ["a"]);
  for (const path of ["", "/members", "/changes"]) {
    assert.equal((await ask("GET", `/api/v1/groups/b${path}`)).reason, "unknown-group");
  }
  await clock.advance(1);
  assert.equal((await ask("DELETE", "/api/v1/groups/b")).reason, "unknown-group");
  assert.equal(
    (await ask("PUT", "/api/v1/groups/no%20name", { body: { expression: "has key" } })).reason,
    "invalid-request",
  );
});

test("who may not read a parameter does not find devices by it", async () => {
  await using running = await runNorthbound();
  const [key] = await fleet(running);
  assert.ok(key !== undefined);
  const grant = await running.client.grants.create({
    ...{ holder: "jo", reason: "a look", devices: [key] },
    ...{ read: ["Device.DeviceInfo."] },
  });
  const jo: Client = createClient({ url: running.url, token: grant.token });
  await assert.rejects(jo.devices.list({ where: "Device.WiFi.Radio.1.Channel = 6" }), /you may not read/);
  const seen = await jo.devices.list({ where: "has softwareVersion" });
  assert.deepEqual(keysOf(seen.items), [key], "of its devices alone");
});

/** Three devices: the first runs 1.9, the others 1.10, and all are on channel 6. */
async function fleet(running: RunningNorthbound) {
  const keys = [await running.enrol("1"), await running.enrol("2"), await running.enrol("3")];
  for (const [index, key] of keys.entries()) {
    const facts = { softwareVersion: index === 0 ? "1.9" : "1.10" };
    await running.inform(key, { facts, parameters: SIX });
  }
  return keys;
}

/** The engine's part of it. */
function counted({ bus, store, clock, client }: RunningNorthbound) {
  const log = { info: () => undefined, warn: assert.ifError, error: assert.ifError };
  const counting = startCounting({ bus, store, clock, log });
  return {
    async done(name: string): Promise<Group> {
      for (;;) {
        const group = await client.groups.get(name);
        if (group.counting === undefined) return group;
      }
    },
    [Symbol.asyncDispose]: () => counting.close(),
  };
}

function joins({ bus }: RunningNorthbound): Promise<BusEvent> {
  const { promise, resolve } = Promise.withResolvers<BusEvent>();
  bus.subscribe(subjects.everyDeviceEvent, (event) => {
    if (event.name === "group-joined") resolve(event);
  });
  return promise;
}

function keysOf(items: readonly Device[]): readonly string[] {
  return items.map(({ key }) => key);
}

function namesOf(items: readonly Group[]): readonly string[] {
  return items.map(({ name }) => name);
}
