import assert from "node:assert/strict";
import type { Prune } from "../store.ts";
import {
  accepted,
  asking,
  anAudit,
  anEvent,
  at,
  connected,
  end,
  enrolled,
  enrolment,
  eventNames,
  idOf,
  keyOf,
  opening,
  versionOf,
  type On,
} from "./store.fixture.ts";

/** What happened: events for those who listen, the audit log, and how long both are kept. */
export function journalSuite(on: On): void {
  on("events are told in the order they were stored, from any position", async (store) => {
    const key = await enrolled(store, "1");
    assert.equal(await store.lastEventId(), 0);
    await store.commit(
      "open-connection",
      opening(key, "c1", {
        events: [anEvent(key, "boot", { data: { cause: "power" } }), anEvent(key, "periodic")],
      }),
    );
    await accepted(store, asking(key, "a"));
    const events = await store.events({ after: 0, limit: 10 });
    assert.deepEqual(
      events.map(({ name }) => name),
      ["boot", "periodic", "operation"],
    );
    const [first, second, third] = events;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.deepEqual(first, {
      id: first.id,
      at: at(10),
      device: key,
      name: "boot",
      data: { cause: "power" },
    });
    assert.equal(third.operation, idOf("a"));
    assert.ok(first.id < second.id && second.id < third.id);
    assert.equal(await store.lastEventId(), third.id);
    assert.deepEqual(await store.events({ after: first.id, limit: 1 }), [second]);
    assert.deepEqual(await store.events({ after: third.id, limit: 10 }), []);
  });

  on("the events of one device are told alone", async (store) => {
    const [one, two] = [await enrolled(store, "1"), await enrolled(store, "2")];
    await accepted(store, asking(one, "a"));
    await accepted(store, asking(two, "b"));
    await accepted(store, asking(one, "c"));
    const events = await store.events({ after: 0, limit: 10, device: one });
    assert.deepEqual(
      events.map(({ operation }) => operation),
      [idOf("a"), idOf("c")],
    );
  });

  on("a commit that stored events says so, one that stored none does not", async (store) => {
    const key = await enrolled(store, "1");
    let hints = 0;
    const subscription = store.onEvents(() => (hints += 1));
    await connected(store, key, "c1");
    assert.equal(hints, 0);
    await accepted(store, asking(key, "a"));
    assert.equal(hints, 1);
    subscription.unsubscribe();
    await accepted(store, asking(key, "b"));
    assert.equal(hints, 1);
  });

  on("the relay's position only rises", async (store) => {
    assert.equal(await store.relayPosition(), 0);
    assert.deepEqual(await store.commit("move-relay", { position: 7 }), { held: true });
    assert.deepEqual(await store.commit("move-relay", { position: 7 }), { held: true });
    assert.deepEqual(await store.commit("move-relay", { position: 5 }), { held: false });
    assert.equal(await store.relayPosition(), 7);
  });

  on("the audit log is told newest first, page by page", async (store) => {
    for (const action of ["one", "two", "three"]) {
      await store.commit("record-audit", { audit: anAudit(action, { detail: { action } }) });
    }
    const [newest, middle] = await store.audit({ limit: 2 });
    assert.ok(newest !== undefined && middle !== undefined);
    assert.deepEqual(newest, { ...anAudit("three", { detail: { action: "three" } }), id: newest.id });
    assert.equal(middle.action, "two");
    const rest = await store.audit({ limit: 2, before: middle.id });
    assert.deepEqual(
      rest.map(({ action }) => action),
      ["one"],
    );
  });

  on("an audit entry that comes twice is written once, one of another moment is another", async (store) => {
    const device = keyOf("1");
    await store.commit("record-audit", { audit: anAudit("login", { device }) });
    await store.commit("record-audit", { audit: anAudit("login", { device }) });
    await store.commit("record-audit", { audit: anAudit("login", { device, at: at(21) }) });
    await store.commit("record-audit", { audit: anAudit("login") });
    assert.equal((await store.audit({ limit: 10 })).length, 3);
  });

  on("what is older than the retention allows is deleted, what is not stays", async (store) => {
    const key = await enrolled(store, "1");
    const events = [anEvent(key, "old", { at: at(1) }), anEvent(key, "new", { at: at(100) })];
    await store.commit("open-connection", opening(key, "c1", { events }));
    await store.commit("record-audit", { audit: anAudit("old", { at: at(1) }) });
    await store.commit("record-audit", { audit: anAudit("new", { at: at(100) }) });
    const quiet = { audit: anAudit("call", { at: at(100) }), events: [] };
    for (const digit of ["a", "b", "c"]) await accepted(store, asking(key, digit, quiet));
    await end(store, [key, "a"], { end: { state: "done", at: at(1) }, events: [] });
    await end(store, [key, "b"], { end: { state: "done", at: at(100) }, events: [] });
    assert.deepEqual(await store.commit("prune", before(50)), { deleted: 3 });
    assert.deepEqual(await store.commit("prune", before(50)), { deleted: 0 });
    assert.deepEqual(await eventNames(store), ["new"]);
    assert.equal(
      (await store.audit({ limit: 10 })).some(({ action }) => action === "old"),
      false,
    );
    const kept = (await store.operations({ limit: 10 })).items.map(({ id }) => id);
    assert.deepEqual(kept, [idOf("c"), idOf("b")], "one that is open has no age");
  });

  on("an operation that was deleted frees its idempotency key", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { idempotencyKey: "once" }));
    await end(store, [key, "a"]);
    await store.commit("prune", before(50));
    await accepted(store, asking(key, "b", { idempotencyKey: "once" }));
  });

  on("only so many events are kept, the newest", async (store) => {
    const key = await enrolled(store, "1");
    const events = ["1", "2", "3", "4"].map((name) => anEvent(key, name));
    await store.commit("open-connection", opening(key, "c1", { events }));
    await store.commit("prune", { ...before(0), maxEvents: 2 });
    assert.deepEqual(await eventNames(store), ["3", "4"]);
  });

  on("pruning deletes so many of each kind at a time, the oldest first", async (store) => {
    const key = await enrolled(store, "1");
    const events = [3, 1, 2].map((seconds) => anEvent(key, String(seconds), { at: at(seconds) }));
    await store.commit("open-connection", opening(key, "c1", { events }));
    assert.deepEqual(await store.commit("prune", { ...before(50), limit: 2 }), { deleted: 2 });
    assert.deepEqual(await eventNames(store), ["3"]);
  });

  on("ids of events rise over what was deleted", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("open-connection", opening(key, "c1", { events: [anEvent(key, "one")] }));
    const last = await store.lastEventId();
    await store.commit("prune", before(50));
    assert.equal(await store.lastEventId(), 0);
    await store.commit("open-connection", opening(key, "c2", { events: [anEvent(key, "two")] }));
    assert.ok((await store.lastEventId()) > last);
  });

  on("a report is known as long as its events are kept", async (store) => {
    const key = await enrolled(store, "1");
    const credentialVersion = await versionOf(store, key);
    const report = { device: key, reportKey: "r1", credentialVersion, events: [anEvent(key, "told")] };
    await store.commit("record-report", report);
    await store.commit("prune", before(50));
    assert.deepEqual(await eventNames(store), []);
    await store.commit("record-report", report);
    assert.deepEqual(await eventNames(store), ["told"]);
  });

  on("events of a device that enrolled, was removed and enrolled again are all told", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("open-connection", opening(key, "c1", { events: [anEvent(key, "one")] }));
    await store.commit("remove-device", {
      device: key,
      audit: anAudit("remove"),
      events: [anEvent(key, "two")],
    });
    await store.commit("enrol-device", enrolment("1", { at: at(60) }));
    const renewed = { credentialVersion: at(60), events: [anEvent(key, "three")] };
    await store.commit("open-connection", opening(key, "c2", renewed));
    const events = await store.events({ after: 0, limit: 10, device: key });
    assert.deepEqual(
      events.map(({ name }) => name),
      ["one", "two", "three"],
    );
  });
}

/** A retention that keeps what is from this second on. */
function before(seconds: number): Prune {
  return {
    eventsBefore: at(seconds),
    operationsEndedBefore: at(seconds),
    auditBefore: at(seconds),
    maxEvents: 1_000,
    limit: 100,
  };
}
