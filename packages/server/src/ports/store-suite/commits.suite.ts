import assert from "node:assert/strict";
import { StoreBusyError, StoreClosedError, StoreFailedError } from "../store-errors.ts";
import {
  accepted,
  anAudit,
  anEvent,
  asking,
  at,
  connected,
  enrolled,
  enrolment,
  eventNames,
  keyOf,
  opening,
  type OpenStore,
  type On,
} from "./store.fixture.ts";

/** Changes: together in one commit, each for itself. */
export function commitsSuite(on: On): void {
  on("who committed a change reads it at once", async (store) => {
    for (let turn = 1; turn <= 20; turn += 1) {
      const key = await enrolled(store, String(turn));
      assert.notEqual(await store.device(key), undefined);
      const { items } = await store.devices({ limit: 100 });
      assert.equal(items.length, turn);
    }
  });

  on("changes of one caller are made in the order they were asked for", async (store) => {
    const key = await enrolled(store, "1");
    const digits = Array.from({ length: 50 }, (_, index) => `a${index}`);
    const changes = digits.map((digit) => accepted(store, asking(key, digit, { maxOpen: 100 })));
    const sequences = (await Promise.all(changes)).map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
    );
  });

  on("of changes that wait together, one that fails fails alone and leaves nothing", async (store) => {
    const key = await enrolled(store, "1");
    const broken = asking(key, "b", { audit: anAudit("call", { at: Number.NaN }) });
    const settled = await Promise.allSettled([
      store.commit("accept-operation", asking(key, "a")),
      store.commit("accept-operation", broken),
      store.commit("accept-operation", asking(key, "c")),
    ]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    await assert.rejects(store.commit("accept-operation", broken), StoreFailedError);
    assert.equal((await store.openOperations(key)).length, 2);
    assert.deepEqual(await eventNames(store), ["operation queued", "operation queued"]);
  });

  on("a change that was asked for is not touched by what happens to it afterwards", async (store) => {
    const key = await enrolled(store, "1");
    const data: Record<string, string> = { said: "first" };
    const change = store.commit(
      "open-connection",
      opening(key, "c1", { events: [anEvent(key, "boot", { data })] }),
    );
    data["said"] = "second";
    await change;
    assert.deepEqual(await eventNames(store), ["boot first"]);
  });

  on("after closing, everything rejects", async (store) => {
    const key = await enrolled(store, "1");
    await store.close();
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => store.device(key),
      () => store.credentials(key),
      () => store.operation(asking(key, "a").operation.id),
      () => store.apiToken("hash"),
      () => store.devices({ limit: 1 }),
      () => store.operations({ limit: 1 }),
      () => store.openOperations(key),
      () => store.devicesWithWork({ limit: 1 }),
      () => store.parameters(key, ""),
      () => store.events({ after: 0, limit: 1 }),
      () => store.lastEventId(),
      () => store.relayPosition(),
      () => store.audit({ limit: 1 }),
      () => store.apiTokens(),
      () => store.commit("enrol-device", enrolment("2")),
    ];
    for (const attempt of attempts) await assert.rejects(attempt(), StoreClosedError);
    await store.close();
  });
}

/** What is on disk stays, and what waits has a bound. */
export function durabilitySuite(
  test: (title: string, body: () => Promise<void>) => void,
  open: OpenStore,
  not: ReadonlySet<"reopen">,
): void {
  if (!not.has("reopen")) {
    test("what was committed is there when the store is opened again, and goes on from there", async () => {
      const opened = await open();
      try {
        const key = await enrolled(opened.store, "1");
        await connected(opened.store, key, "c1");
        const operation = await accepted(opened.store, asking(key, "a"));
        const device = await opened.store.device(key);
        const lastEventId = await opened.store.lastEventId();
        const store = await opened.reopen();
        assert.deepEqual(await store.device(key), device);
        assert.deepEqual(await store.openOperations(key), [operation]);
        assert.equal(await store.lastEventId(), lastEventId);
        assert.ok((await accepted(store, asking(key, "b"))).sequence > operation.sequence);
      } finally {
        await opened.remove();
      }
    });

    test("closing commits what waits", async () => {
      const opened = await open();
      try {
        const waiting = Array.from({ length: 1_200 }, (_, index) => enrolled(opened.store, String(index)));
        await opened.store.close();
        await Promise.all(waiting);
        const store = await opened.reopen();
        assert.notEqual(await store.device(keyOf("1199")), undefined);
      } finally {
        await opened.remove();
      }
    });
  }

  test("where too many changes wait, the next one is refused, and later ones are not", async () => {
    const opened = await open({ maxWaiting: 5 });
    try {
      const { store } = opened;
      const changes = Array.from({ length: 12 }, (_, index) =>
        store.commit("enrol-device", enrolment(String(index), { at: at(index) })),
      );
      const settled = await Promise.allSettled(changes);
      const refused = settled.filter((each) => each.status === "rejected");
      assert.ok(refused.length > 0 && refused.length < 12);
      assert.ok(refused.every(({ reason }) => reason instanceof StoreBusyError));
      assert.equal((await store.devices({ limit: 100 })).items.length, 12 - refused.length);
      await enrolled(store, "20");
    } finally {
      await opened.remove();
    }
  });
}
