import assert from "node:assert/strict";
import type { Store } from "../store.ts";
import { MAX_WEBHOOKS, webhookId, type Webhook, type WebhookId, type WebhookStanding } from "../webhooks.ts";
import { anAudit, anEvent, at, enrolment, keyOf, type On } from "./store.fixture.ts";

/** Webhooks: how far each has come, how it fails, and what was given up. */
export function webhooksSuite(on: On): void {
  on("a webhook begins with the next event, and is there once", async (store) => {
    await store.commit("enrol-device", enrolment("1", { events: [anEvent(keyOf("1"), "enrolled")] }));
    const position = await store.lastEventId();
    await added(store);
    await added(store);
    assert.deepEqual(await store.webhooks(), [{ webhook: aWebhook("1"), position, deadLetters: 0 }]);
    assert.deepEqual((await store.audit({ limit: 10 })).length, 1);
  });

  on("there are only so many webhooks", async (store) => {
    for (let index = 0; index < MAX_WEBHOOKS; index += 1) {
      await added(store, { id: id(index.toString(16).padStart(16, "0")) });
    }
    assert.deepEqual(await added(store, { id: id("f".repeat(16)) }), { held: false });
  });

  on("one that was removed is gone with its dead letters, and is removed once", async (store) => {
    await added(store);
    await store.commit("bury-letter", burying());
    const change = { webhook: id(), audit: anAudit("remove-webhook") };
    assert.deepEqual(await store.commit("remove-webhook", change), { held: true });
    assert.deepEqual(await store.commit("remove-webhook", change), { held: true });
    assert.equal(await store.webhook(id()), undefined);
    assert.deepEqual(await store.deadLetters({ webhook: id(), limit: 5 }), []);
    const again = { ...change, audit: anAudit("remove-webhook", { at: at(99) }) };
    assert.deepEqual(await store.commit("remove-webhook", again), { held: false });
  });

  on("it moves from where it stands, and what is taken ends its failing", async (store) => {
    await added(store);
    const failing = { since: at(1), attempts: 2, nextAt: at(9), reason: "it answered 500" };
    const fails = { webhook: id(), position: 0, failing };
    assert.deepEqual(await store.commit("fail-webhook", fails), { held: true });
    assert.deepEqual((await standing(store)).failing, failing);
    const passes = { webhook: id(), from: 0, to: 3, taken: false };
    assert.deepEqual(await store.commit("move-webhook", passes), { held: true });
    assert.deepEqual(await store.commit("move-webhook", passes), { held: true });
    assert.deepEqual(await store.commit("fail-webhook", fails), { held: false });
    assert.deepEqual((await standing(store)).failing, failing);
    assert.deepEqual(await store.commit("move-webhook", { ...passes, from: 1, to: 9 }), { held: false });
    await store.commit("move-webhook", { ...passes, from: 3, to: 4, taken: true });
    const { position, failing: none } = await standing(store);
    assert.deepEqual([position, none], [4, undefined]);
  });

  on("what is given up is a dead letter until it is taken", async (store) => {
    await added(store);
    assert.deepEqual(await store.commit("bury-letter", burying()), { held: true });
    assert.deepEqual(await store.commit("bury-letter", burying()), { held: true });
    const { position, deadLetters } = await standing(store);
    assert.deepEqual([position, deadLetters], [4, 1]);
    assert.deepEqual(await store.deadLetters({ webhook: id(), again: true, limit: 5 }), []);
    const audit = anAudit("resend-letters");
    const asking = { webhook: id(), first: 2, audit };
    assert.deepEqual(await store.commit("resend-letters", { ...asking, first: 9 }), { held: false });
    assert.deepEqual(await store.commit("resend-letters", asking), { held: true });
    const [letter] = await store.deadLetters({ webhook: id(), again: true, limit: 5 });
    assert.deepEqual(letter, { webhook: id(), ...burying().letter, again: true });
    const settling = { webhook: id(), first: 2, at: at(60) };
    await store.commit("settle-letter", { ...settling, reason: "it answered 503" });
    const [still] = await store.deadLetters({ webhook: id(), limit: 5 });
    assert.deepEqual([still?.again, still?.reason, still?.at], [false, "it answered 503", at(60)]);
    await store.commit("settle-letter", settling);
    assert.deepEqual(await store.deadLetters({ webhook: id(), limit: 5 }), []);
  });
}

function id(hex = "1".repeat(16)): WebhookId {
  const made = webhookId(hex);
  if (made === undefined) throw new Error(`no webhook has the id ${hex}`);
  return made;
}

function aWebhook(digit: string, changes: Partial<Webhook> = {}): Webhook {
  return {
    ...{ id: id(digit.repeat(16)), url: "https://hooks.example/", events: ["boot"], secret: "sealed" },
    ...{ manager: "admin", createdAt: at(0), ...changes },
  };
}

function added(store: Store, changes: Partial<Webhook> = {}) {
  const webhook = aWebhook("1", changes);
  const audit = anAudit("add-webhook", { detail: { id: webhook.id } });
  return store.commit("add-webhook", { webhook, audit });
}

function burying() {
  const letter = { first: 2, last: 4, at: at(50), reason: "it answered 500" };
  return { webhook: id(), from: 0, letter };
}

async function standing(store: Store): Promise<WebhookStanding> {
  const found = await store.webhook(id());
  assert.ok(found !== undefined);
  return found;
}
