import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceQuirk, JsonObject } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import { quirkNames, subjects, type ObservedQuirks } from "../src/ports/index.ts";
import { runNorthbound, type Answered, type RunningNorthbound } from "./running-northbound.ts";

const IGD = { oui: "00D09E", productClass: "IGD" };
const IGD_2 = { ...IGD, softwareVersion: "2.0" };

test("where nothing is known of a device, all its quirks are as usual", async () => {
  await using running = await runNorthbound();
  const items = await quirksOf(running, await running.enrol("1"));
  assert.deepEqual(
    items.map(({ name }) => name),
    quirkNames,
  );
  for (const { name, value, how, from, since, values, meaning } of items) {
    assert.deepEqual([how, from, since], ["usual", undefined, undefined], name);
    assert.ok(values.includes(value), name);
    assert.notEqual(meaning, "", name);
  }
});

test("each value says where it comes from, and what a person set comes before what was learned", async () => {
  await using running = await runNorthbound();
  const { client, clock } = running;
  const [teacher, device] = [await equipped(running, "1"), await equipped(running, "2")];
  await learn(running, teacher, { declaration: "present", booleans: "words", cookies: "not-returned" });
  const taught = now(running);
  await clock.advance(1_000);
  await client.quirks.set(IGD, { name: "fractions", value: "dropped" });
  await client.quirks.set(IGD_2, { name: "booleans", value: "digits" });
  await client.devices.setQuirk(device, { name: "cookies", value: "returned" });
  const set = { how: "set", since: now(running), by: "admin" } as const;
  assert.deepEqual(sources(await quirksOf(running, device)), {
    declaration: { value: "present", how: "learned", from: "model-and-software", since: taught },
    booleans: { value: "digits", from: "model-and-software", ...set },
    fractions: { value: "dropped", from: "model", ...set },
    cookies: { value: "returned", from: "device", ...set },
  });
  const { cookies } = sources(await quirksOf(running, teacher));
  assert.deepEqual(cookies, { value: "not-returned", how: "learned", from: "device", since: taught });
});

test("what is set for a device is answered, kept with who set it, told as an event, and can be taken back", async () => {
  await using running = await runNorthbound();
  const { client, clock, store } = running;
  const device = await running.enrol("1");
  const answer = await client.devices.setQuirk(device, { name: "digest", value: "md5-only" });
  const at = now(running);
  const { values, meaning, ...holds } = answer;
  assert.deepEqual(holds, {
    name: "digest",
    value: "md5-only",
    ...{ how: "set", from: "device", since: at, by: "admin" },
  });
  assert.deepEqual([values, meaning !== ""], [["md5-and-sha256", "md5-only"], true]);
  await clock.advance(1_000);
  const undone = await client.devices.unsetQuirk(device, "digest");
  assert.deepEqual([undone.value, undone.how], ["md5-and-sha256", "usual"]);
  assert.deepEqual((await store.device(device))?.quirks, { set: {}, learned: {} });
  const { items } = await client.devices.events(device);
  assert.deepEqual(
    items.map(({ name, data }) => [name, data]),
    [
      ["quirk-set", { name: "digest", value: "md5-only" }],
      ["quirk-unset", { name: "digest" }],
    ],
  );
  assert.deepEqual(await audited(running), [
    ["admin", "unset-quirk", device, { name: "digest" }],
    ["admin", "set-quirk", device, { name: "digest", value: "md5-only" }],
  ]);
});

test("to take back what nobody set changes nothing, and leaves no trace", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const device = await equipped(running, "1");
  await learn(running, device, { booleans: "words" });
  const { value, how } = await client.devices.unsetQuirk(device, "booleans");
  assert.deepEqual([value, how], ["words", "learned"]);
  assert.deepEqual(await client.quirks.unset(IGD, "booleans"), { model: IGD, quirks: [] });
  assert.deepEqual(await audited(running), []);
  assert.deepEqual((await client.devices.events(device)).items, []);
});

test("a model's quirks are set and taken back for who says which model, in whatever case", async () => {
  await using running = await runNorthbound();
  const { client, clock } = running;
  const set = await client.quirks.set({ ...IGD, oui: "00d09e" }, { name: "fractions", value: "dropped" });
  const at = now(running);
  const quirks = [{ name: "fractions", value: "dropped", how: "set", since: at, by: "admin" }];
  assert.deepEqual(set, { model: IGD, quirks });
  await clock.advance(1_000);
  assert.deepEqual(await client.quirks.unset(IGD, "fractions"), { model: IGD, quirks: [] });
  assert.deepEqual(await audited(running), [
    ["admin", "unset-quirk", undefined, { name: "fractions", model: IGD }],
    ["admin", "set-quirk", undefined, { name: "fractions", value: "dropped", model: IGD }],
  ]);
});

test("the list has every quirk there is, and everything that is known of models", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const device = await equipped(running, "1");
  await learn(running, device, { booleans: "words", declaration: "present" });
  await client.quirks.set(IGD_2, { name: "booleans", value: "digits" });
  await client.quirks.set(IGD, { name: "fractions", value: "dropped" });
  const { items, models } = await client.quirks.list();
  assert.deepEqual(
    items.map(({ name }) => name),
    quirkNames,
  );
  const fractions = items.find(({ name }) => name === "fractions");
  assert.deepEqual(
    [fractions?.usual, fractions?.values, fractions?.learned],
    ["kept", ["kept", "dropped"], false],
  );
  const since = now(running);
  const learned = { how: "learned", since };
  const set = { how: "set", since, by: "admin" };
  assert.deepEqual(models, [
    { model: IGD, quirks: [{ name: "fractions", value: "dropped", ...set }] },
    {
      model: IGD_2,
      quirks: [
        { name: "declaration", value: "present", ...learned },
        { name: "booleans", value: "digits", ...set },
        { name: "booleans", value: "words", ...learned },
      ],
    },
  ]);
});

test("a change to a model is told to every process that holds its quirks, and one to a device to none", async () => {
  await using running = await runNorthbound();
  const { client, bus } = running;
  const told: unknown[] = [];
  bus.subscribe(subjects.everyConfigChanged, (message) => told.push(message));
  await client.devices.setQuirk(await running.enrol("1"), { name: "digest", value: "md5-only" });
  assert.deepEqual(told, []);
  await client.quirks.set(IGD, { name: "digest", value: "md5-only" });
  await client.quirks.unset(IGD, "digest");
  assert.deepEqual(told, [{ what: "quirks" }, { what: "quirks" }]);
});

const QUIRKS = "/api/v1/quirks";
const MODEL = "oui=00D09E&productClass=IGD";
const everyName = quirkNames.join(", ");

type Refused = readonly [
  kind: string,
  ask: (running: RunningNorthbound, device: DeviceKey) => Promise<Answered>,
  reason: string,
  detail: string,
];

const refused: readonly Refused[] = [
  [
    "a quirk that there is not, of a device",
    ({ ask }, device) => ask("PUT", `/api/v1/devices/${device}/quirks/colour`, value("red")),
    "unknown-quirk",
    `there is no quirk colour: there are ${everyName}`,
  ],
  [
    "a quirk that there is not, of a model",
    ({ ask }) => ask("DELETE", `${QUIRKS}/toString?${MODEL}`),
    "unknown-quirk",
    `there is no quirk toString: there are ${everyName}`,
  ],
  [
    "a value that the quirk does not have, for a device",
    ({ ask }, device) => ask("PUT", `/api/v1/devices/${device}/quirks/digest`, value("md5")),
    "unknown-quirk-value",
    'digest is never "md5": it is md5-and-sha256 or md5-only',
  ],
  [
    "another quirk's value, for a model",
    ({ ask }) => ask("PUT", `${QUIRKS}/fractions?${MODEL}`, value("digits")),
    "unknown-quirk-value",
    'fractions is never "digits": it is kept or dropped',
  ],
  [
    "a device that there is not",
    ({ ask }) => ask("PUT", "/api/v1/devices/00D09E-IGD-9/quirks/digest", value("md5-only")),
    "unknown-device",
    "no device has the key 00D09E-IGD-9: GET /api/v1/devices lists those there are",
  ],
  [
    "a model without its OUI",
    ({ ask }) => ask("PUT", `${QUIRKS}/digest?productClass=IGD`, value("md5-only")),
    "invalid-request",
    "query: must have required properties oui",
  ],
  [
    "a software version that is none",
    ({ ask }) => ask("PUT", `${QUIRKS}/digest?${MODEL}&softwareVersion=%20`, value("md5-only")),
    "invalid-request",
    'softwareVersion: must match pattern "\\S"',
  ],
];
for (const [kind, ask, reason, detail] of refused) {
  test(`${kind}, is refused with what to do, and nothing is kept`, async () => {
    await using running = await runNorthbound();
    const device = await running.enrol("1");
    const { reason: told, body } = await ask(running, device);
    assert.equal(told, reason);
    assert.ok(typeof body === "object" && body !== null && "detail" in body);
    assert.equal(body.detail, detail);
    assert.equal((await running.store.device(device))?.quirks, undefined);
    assert.deepEqual(await running.store.modelQuirks(), []);
    assert.deepEqual(await audited(running), []);
  });
}

function value(text: string) {
  return { body: { value: text } };
}

async function quirksOf({ client }: RunningNorthbound, device: DeviceKey): Promise<readonly DeviceQuirk[]> {
  return (await client.devices.quirks(device)).items;
}

/** Of the quirks that are not as usual. */
function sources(items: readonly DeviceQuirk[]) {
  return Object.fromEntries(
    items
      .filter(({ how }) => how !== "usual")
      .map(({ name, values: _values, meaning: _meaning, ...source }) => [name, source]),
  );
}

/** A device that runs software 2.0. */
async function equipped(running: RunningNorthbound, serialNumber: string): Promise<DeviceKey> {
  const device = await running.enrol(serialNumber);
  await running.inform(device, { facts: { softwareVersion: "2.0" } });
  return device;
}

/** The device shows something of itself. */
async function learn({ store, bus, clock }: RunningNorthbound, device: DeviceKey, observed: ObservedQuirks) {
  const { models } = await store.commit("learn-quirks", { device, observed, at: clock.now(), events: [] });
  if (models) bus.publish(subjects.configChanged, { what: "quirks" });
}

function now({ clock }: RunningNorthbound): string {
  return new Date(clock.now()).toISOString();
}

async function audited({ client }: RunningNorthbound) {
  const { items } = await client.audit();
  return items.map(({ manager, action, device, detail }): readonly (string | JsonObject | undefined)[] => [
    manager,
    action,
    device,
    detail,
  ]);
}
