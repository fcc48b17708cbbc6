import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "@heliograph/api/client";
import type { QuirkFile } from "@heliograph/api";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { runNorthbound, type RunningNorthbound } from "./running-northbound.ts";
import { RunningServer } from "./running-server.ts";

const IGD = { oui: "00D09E", productClass: "IGD" };
const IGD_2 = { ...IGD, softwareVersion: "2.0" };
const ONT = { oui: "001122", productClass: "ONT" };

const file: QuirkFile = {
  format: "heliograph-quirks",
  version: 1,
  models: [
    { model: ONT, set: { digest: "md5-only" } },
    { model: IGD, set: { fractions: "dropped" } },
    { model: IGD_2, set: { booleans: "digits" }, learned: { booleans: "words", cookies: "not-returned" } },
  ],
};

test("what is known of models is exported without anything of a device or a person, and what is known of one model alone", async () => {
  await using running = await runNorthbound();
  await setUp(running);
  assert.deepEqual(await running.client.quirks.export(), file);
  const [ont, ...igd] = file.models;
  assert.deepEqual((await running.client.quirks.export(IGD)).models, igd);
  assert.deepEqual((await running.client.quirks.export({ ...IGD_2, oui: "00d09e" })).models, [igd[1]]);
  assert.deepEqual((await running.client.quirks.export({ oui: "001122" })).models, [ont]);
});

test("what one ACS exports another imports, and exports again as it came", async () => {
  await using running = await runNorthbound();
  const { client, store } = running;
  const { dryRun, items } = await client.quirks.import(file);
  assert.equal(dryRun, false);
  assert.deepEqual(
    items.map(({ model, name, how, outcome }) => [model.productClass, name, how, outcome]),
    [
      ["ONT", "digest", "set", "added"],
      ["IGD", "fractions", "set", "added"],
      ["IGD", "booleans", "set", "added"],
      ["IGD", "booleans", "learned", "added"],
      ["IGD", "cookies", "learned", "added"],
    ],
  );
  assert.deepEqual(await client.quirks.export(), file);
  const { models } = await client.quirks.list();
  assert.deepEqual(
    models.flatMap(({ quirks }) => quirks.map(({ how, by }) => [how, by])),
    [
      ["set", "admin"],
      ["set", "admin"],
      ["set", "admin"],
      ["learned", undefined],
      ["learned", undefined],
    ],
  );
  await running.clock.advance(1_000);
  const again = await client.quirks.import(file);
  assert.ok(again.items.every(({ outcome }) => outcome === "same"));
  const audit = await store.audit({ limit: 10 });
  assert.deepEqual(
    audit.map(({ action, manager }) => [action, manager]),
    [
      ["import-quirks", "admin"],
      ["import-quirks", "admin"],
    ],
  );
});

test("what is imported holds for devices of the model at once", async () => {
  await using running = await runNorthbound();
  const device = await running.enrol("1");
  await running.inform(device, { facts: { softwareVersion: "2.0" } });
  await running.client.quirks.import(file);
  await running.clock.advance(10_000);
  const { items } = await running.client.devices.quirks(device);
  const holds = Object.fromEntries(items.map(({ name, value }) => [name, value]));
  assert.deepEqual([holds["fractions"], holds["cookies"]], ["dropped", "not-returned"]);
});

test("what was set here stays unless it is to be replaced, what was learned here always stays, and a dry run changes nothing", async () => {
  await using running = await runNorthbound();
  await setUp(running);
  const { client } = running;
  const other: QuirkFile = {
    ...file,
    models: [
      { model: ONT, set: { digest: "md5-and-sha256", cookies: "returned" } },
      { model: IGD_2, learned: { booleans: "digits" } },
    ],
  };
  const outcomes = async (query: { readonly dryRun?: boolean; readonly replace?: boolean }) => {
    const { items } = await client.quirks.import(other, query);
    return items.map(({ name, outcome, was }) => [name, outcome, was]);
  };
  const kept = [
    ["cookies", "added", undefined],
    ["digest", "kept", "md5-only"],
    ["booleans", "kept", "words"],
  ];
  assert.deepEqual((await outcomes({ dryRun: true })).toSorted(), kept.toSorted());
  assert.deepEqual(await client.quirks.export(), file);
  assert.deepEqual((await outcomes({ dryRun: true, replace: true })).toSorted(), [
    ["booleans", "kept", "words"],
    ["cookies", "added", undefined],
    ["digest", "replaced", "md5-only"],
  ]);
  assert.deepEqual(await client.quirks.export(), file);
  await outcomes({});
  assert.deepEqual((await client.quirks.export(ONT)).models[0]?.set, {
    cookies: "returned",
    digest: "md5-only",
  });
  await outcomes({ replace: true });
  const [ont] = (await client.quirks.export(ONT)).models;
  assert.deepEqual(ont?.set, { cookies: "returned", digest: "md5-and-sha256" });
  assert.equal((await client.quirks.export(IGD_2)).models[0]?.learned?.["booleans"], "words");
});

for (const [kind, models, at, says] of [
  ["an unknown quirk", [{ model: ONT, set: { dance: "yes" } }], "$.models[0].set.dance", /is no quirk/],
  [
    "an unknown value",
    [{ model: ONT, set: { digest: "sha-1" } }],
    "$.models[0].set.digest",
    /is never "sha-1"/,
  ],
  [
    "one that nobody learns",
    [{ model: ONT, learned: { digest: "md5-only" } }],
    "$.models[0].learned.digest",
    /only set/,
  ],
  ["a device", [{ model: ONT, device: "001122-ONT-1" }], "$.models[0].device", /./],
] as const) {
  test(`a file with ${kind} is refused as a whole, with its place`, async () => {
    await using running = await runNorthbound();
    const wrong = { ...file, models: [...models, ...file.models] };
    await assert.rejects(running.client.quirks.import(wrong), (error) => {
      assert.ok(error instanceof ApiError && error.status >= 400 && error.status < 500);
      const found = error.problem.errors?.find((each) => each.at === at);
      assert.match(found?.detail ?? "", says, JSON.stringify(error.problem));
      return true;
    });
    assert.deepEqual((await running.client.quirks.export()).models, []);
  });
}

test("a file of another version is refused", async () => {
  await using running = await runNorthbound();
  await assert.rejects(running.client.quirks.import({ ...file, version: 2 }), ApiError);
});

test("an import that was answered is there after the server was killed, with its audit, and counts in the next session", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  const lockstep = { oui: "F0F0F0", productClass: "Lockstep" };
  await server.client.quirks.import({
    ...file,
    models: [{ model: lockstep, set: { declaration: "present" } }],
  });
  const { number } = await server.supervisor.up();
  await server.supervisor.kill();
  const { acsUrl } = await server.supervisor.up(number + 1);
  assert.equal((await server.client.quirks.export()).models[0]?.set?.["declaration"], "present");
  const { items } = await server.client.audit();
  assert.equal(items.filter(({ action }) => action === "import-quirks").length, 1);
  await using device = new LockstepDevice({ acsUrl });
  await device.sendInform({ events: ["0 BOOTSTRAP"] });
  assert.match((await device.expectStatus(200)).body, /^<\?xml/);
});

/** Models of which the file tells. */
async function setUp(running: RunningNorthbound): Promise<void> {
  const { client, store, clock } = running;
  const device = await running.enrol("1");
  await running.inform(device, { facts: { softwareVersion: "2.0" } });
  const observed = { booleans: "words", cookies: "not-returned" } as const;
  await store.commit("learn-quirks", { device, observed, at: clock.now(), events: [] });
  await client.quirks.set(ONT, { name: "digest", value: "md5-only" });
  await client.quirks.set(IGD, { name: "fractions", value: "dropped" });
  await client.quirks.set(IGD_2, { name: "booleans", value: "digits" });
  await client.devices.setQuirk(device, { name: "basic-connection-requests", value: "allowed" });
}
