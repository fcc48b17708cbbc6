import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, createClient, type Client } from "@heliograph/api/client";
import { runNorthbound, type RunningNorthbound } from "./running-northbound.ts";

const REBOOT = { query: 'productClass = "IGD"', method: "Reboot" };

test("a campaign is stored with what was asked, shown, listed and in the audit log", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const made = await client.campaigns.create({
    ...REBOOT,
    ...{ description: "tonight", hours: { from: 1, to: 4 }, pace: { perSecond: 2 }, stop: { failures: 3 } },
  });
  assert.deepEqual(
    [made.state, made.description, made.hours, made.pace, made.stop, made.devices],
    ["planned", "tonight", { from: 1, to: 4 }, { perSecond: 2, atOnce: 100 }, { failures: 3 }, 0],
  );
  assert.deepEqual(await client.campaigns.get(made.id), made);
  assert.deepEqual((await client.campaigns.list()).items, [made]);
  const { items } = await client.audit();
  assert.deepEqual(
    items.map(({ action, manager, detail }) => [action, manager, detail]),
    [["create-campaign", "admin", { id: made.id, query: REBOOT.query, methods: ["Reboot"] }]],
  );
});

test("asked for again with its key it is the same campaign, and with another wish it is refused", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const first = await client.campaigns.create(REBOOT, { idempotencyKey: "k" });
  const again = await client.campaigns.create(REBOOT, { idempotencyKey: "k" });
  assert.deepEqual(again, first);
  const other = client.campaigns.create({ ...REBOOT, method: "FactoryReset" }, { idempotencyKey: "k" });
  await assert.rejects(other, refusedAs("idempotency-mismatch"));
  assert.equal((await client.campaigns.list()).items.length, 1);
});

test("a preview says how many would be asked, and why others would not, and asks nobody", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const [one, two] = [await running.enrol("1"), await running.enrol("2")];
  await running.enrol("3", "waiting");
  const preview = await client.campaigns.preview(REBOOT);
  assert.deepEqual(preview, {
    ...{ devices: 3, allowed: 2, sample: [one, two] },
    refused: { notAllowed: 0, heldByPolicy: 0, notApproved: 1, leftAlone: 0 },
  });
  assert.deepEqual((await client.campaigns.list()).items, []);
  await client.groups.set("none", { expression: 'tag = "nobody"' });
  assert.equal((await client.campaigns.preview({ group: "none", method: "Reboot" })).devices, 0);
});

test("what is no wish is refused with the place", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const refusals = [
    [{ method: "Reboot" }, "invalid-request", /query/],
    [{ ...REBOOT, group: "gold" }, "invalid-request", /query/],
    [{ query: "has key" }, "invalid-request", /method/],
    [{ query: "has key and", method: "Reboot" }, "invalid-expression", /query/],
    [{ group: "gold", method: "Reboot" }, "unknown-group", /gold/],
    [{ query: "has key", method: "Dance" }, "invalid-rpc", /method/],
    [
      { ...REBOOT, at: "2040-01-01T00:00:00Z", expires: "2039-01-01T00:00:00Z" },
      "invalid-request",
      /expires/,
    ],
  ] as const;
  for (const [request, reason, said] of refusals) {
    await assert.rejects(client.campaigns.create(request), refusedAs(reason, said), JSON.stringify(request));
  }
});

test("it moves only from where it is, and is paused, goes on and is cancelled in somebody's name", async () => {
  await using running = await runNorthbound();
  const { client, clock, store } = running;
  const { id } = await client.campaigns.create(REBOOT);
  await assert.rejects(client.campaigns.pause(id), refusedAs("campaign-elsewhere"));
  const campaign = (await store.campaigns({ limit: 1 })).items[0]?.campaign.id;
  assert.ok(campaign !== undefined);
  await store.commit("gather-campaign", { campaign, at: clock.now(), from: "", members: [] });
  await clock.advance(1);
  assert.equal((await client.campaigns.pause(id)).state, "paused");
  await clock.advance(1);
  const boss = await withRole(running, "operator");
  const resumed = await boss.campaigns.resume(id);
  assert.deepEqual([resumed.state, resumed.manager], ["running", "somebody"]);
  await clock.advance(1);
  assert.equal((await client.campaigns.cancel(id)).state, "cancelled");
  await assert.rejects(client.campaigns.resume(id), refusedAs("campaign-elsewhere"));
});

test("who may not run campaigns sees them, and starts and moves none", async () => {
  await using running = await runNorthbound();
  const { id } = await running.client.campaigns.create(REBOOT);
  const support = await withRole(running, "support");
  assert.equal((await support.campaigns.get(id)).id, id);
  await assert.rejects(support.campaigns.create(REBOOT), refusedAs("not-allowed"));
  await assert.rejects(support.campaigns.preview(REBOOT), refusedAs("not-allowed"));
  await assert.rejects(support.campaigns.cancel(id), refusedAs("not-allowed"));
});

test("a campaign reaches no further than the rights of who asks, in devices, methods and time", async () => {
  await using running = await runNorthbound();
  const { client, url } = running;
  const [mine] = [await running.enrol("1"), await running.enrol("2")];
  const others = await client.campaigns.create(REBOOT);
  const rights = { devices: [mine], methods: ["Reboot"], read: ["Device."], write: [], secrets: false };
  await client.roles.set("lamps", { ...rights, channels: [], acts: ["run-campaigns"] });
  const expires = new Date(running.clock.now() + 600_000).toISOString();
  const ann = createClient({ url, ...(await client.tokens.create({ name: "Ann", role: "lamps", expires })) });
  const preview = await ann.campaigns.preview({ query: "has key", method: "Reboot" });
  assert.deepEqual([preview.devices, preview.sample], [1, [mine]]);
  await assert.rejects(ann.campaigns.create({ ...REBOOT, method: "FactoryReset" }), refusedAs("not-allowed"));
  await assert.rejects(ann.campaigns.get(others.id), refusedAs("unknown-campaign"));
  const own = await ann.campaigns.create(REBOOT);
  assert.equal(own.expires, expires);
  assert.deepEqual(
    (await ann.campaigns.list()).items.map(({ id }) => id),
    [own.id],
  );
});

test("secrets that a campaign writes are not shown to who sees none", async () => {
  await using running = await runNorthbound();
  const ParameterList = { "Device.WiFi.AccessPoint.1.Security.": { KeyPassphrase: "hidden from you" } };
  const { id } = await running.client.campaigns.create({
    ...{ query: "has key", method: "SetParameterValues" },
    params: { ParameterList, ParameterKey: "" },
  });
  const shown = JSON.stringify(await (await withRole(running, "viewer")).campaigns.get(id));
  assert.ok(shown.includes("KeyPassphrase") && !shown.includes("hidden from you"));
});

function refusedAs(reason: string, said = /./) {
  return (error: unknown): boolean =>
    error instanceof ApiError && error.reason === reason && said.test(error.message);
}

async function withRole({ client, url }: RunningNorthbound, role: string): Promise<Client> {
  const { token } = await client.tokens.create({ name: "somebody", role });
  return createClient({ url, token });
}
