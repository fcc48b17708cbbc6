import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, createClient } from "@heliograph/api/client";
import { webhookId } from "../src/ports/index.ts";
import { runNorthbound } from "./running-northbound.ts";

const URL = "https://hooks.example/heliograph?key=hidden";

test("a webhook is made, shown, listed and removed, and its secret is told once", async () => {
  await using running = await runNorthbound();
  const { client, store } = running;
  const { secret, ...made } = await client.webhooks.add({ url: URL, events: ["boot"] });
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.deepEqual([made.url, made.events, made.deadLetters], [URL, ["boot"], 0]);
  assert.deepEqual(await client.webhooks.get(made.id), made);
  assert.deepEqual(await client.webhooks.list(), { items: [made] });
  const [standing] = await store.webhooks();
  assert.ok(standing !== undefined && !JSON.stringify(standing).includes(secret));
  await running.clock.advance(1);
  await client.webhooks.remove(made.id);
  assert.deepEqual(await client.webhooks.list(), { items: [] });
  const { items } = await client.audit();
  assert.deepEqual(
    items.map(({ action }) => action),
    ["remove-webhook", "add-webhook"],
  );
  assert.ok(!JSON.stringify(items).includes("hidden") && !JSON.stringify(items).includes(secret));
});

test("which events are sent of which devices is shown as it was understood, and what is no expression is refused", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const filters = { events: ["policy-*"], states: ["faulted"] as const };
  const made = await client.webhooks.add({ url: URL, ...filters, where: "tag='gold'" });
  const { events, states, where } = await client.webhooks.get(made.id);
  assert.deepEqual({ events, states, where }, { ...filters, where: 'tag = "gold"' });
  await assert.rejects(client.webhooks.add({ url: URL, where: "tag =" }), refusedAs("invalid-expression"));
});

test("a secret of one's own is taken as it is", async () => {
  await using running = await runNorthbound();
  const secret = "at least sixteen characters";
  assert.equal((await running.client.webhooks.add({ url: URL, secret })).secret, secret);
});

test("a URL that is none, not https off loopback, or holds a password is refused", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const refused = ["hooks", "http://hooks.example/", "ftp://127.0.0.1/", "https://a:b@hooks.example/"];
  for (const url of [...refused, "http://127.0.0.1.hooks.example/"]) {
    await assert.rejects(client.webhooks.add({ url }), refusedAs("invalid-request"), url);
  }
  for (const url of ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]/"]) {
    assert.ok((await client.webhooks.add({ url })).id, url);
  }
});

test("dead letters are listed, and marked to be sent again", async () => {
  await using running = await runNorthbound();
  const { client, store, clock } = running;
  const { id, position } = await client.webhooks.add({ url: URL });
  const webhook = webhookId(id);
  assert.ok(webhook !== undefined);
  await assert.rejects(client.webhooks.resend(id), refusedAs("no-dead-letter"));
  const letter = { first: position + 1, last: position + 2, at: clock.now(), reason: "it answered 500" };
  await store.commit("bury-letter", { webhook, from: position, letter });
  const at = new Date(clock.now()).toISOString();
  assert.deepEqual(await client.webhooks.deadLetters(id), { items: [{ ...letter, at, again: false }] });
  await assert.rejects(client.webhooks.resend(id, { first: 99 }), refusedAs("no-dead-letter"));
  assert.equal((await client.webhooks.resend(id, { first: position + 1 })).deadLetters, 1);
  assert.equal((await client.webhooks.deadLetters(id)).items[0]?.again, true);
});

test("who may not configure the ACS neither sees webhooks nor makes one", async () => {
  await using running = await runNorthbound();
  const { token } = await running.client.tokens.create({ name: "ops", role: "operator" });
  const operator = createClient({ url: running.url, token });
  await assert.rejects(operator.webhooks.list(), refusedAs("not-allowed"));
  await assert.rejects(operator.webhooks.add({ url: URL }), refusedAs("not-allowed"));
});

function refusedAs(reason: string) {
  return (error: unknown): boolean => error instanceof ApiError && error.reason === reason;
}
