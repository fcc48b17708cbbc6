import assert from "node:assert/strict";
import { callId } from "../ids.ts";
import type { Pair } from "../call-changes.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  asking,
  anEvent,
  at,
  attached,
  claiming,
  connected,
  end,
  enrolled,
  eventNames,
  getValues,
  idOf,
  outcome,
  reboot,
  type On,
} from "./store.fixture.ts";

const answer = { result: { Status: 0 } };
const fault = { fault: { code: 9_002, message: "Internal error" } };

/** Sending: at most one call of a device is out, and each is sent by who holds its connection. */
export function callsSuite(on: On): void {
  on("a call is claimed before it leaves, and the operation runs", async (store) => {
    const { key, pair } = await ready(store);
    assert.deepEqual(await store.commit("claim-call", claiming(key, "a", { pair, call: "1" })), {
      held: true,
    });
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "running");
    assert.equal(operation.attempts, 1);
    assert.deepEqual(operation.claim, { callId: callId("1"), ...pair, at: at(30) });
    assert.deepEqual(await eventNames(store), ["operation queued", "operation running"]);
  });

  on("the same claim, come again, is held and counts once", async (store) => {
    const { key, pair } = await ready(store);
    const claim = claiming(key, "a", { pair, call: "1" });
    await store.commit("claim-call", claim);
    assert.deepEqual(await store.commit("claim-call", claim), { held: true });
    assert.equal((await store.operation(idOf("a")))?.attempts, 1);
    assert.deepEqual(await eventNames(store), ["operation queued", "operation running"]);
  });

  on("of many claims at once, one is held", async (store) => {
    const { key, pair } = await ready(store);
    const claims = Array.from({ length: 20 }, (_, call) => claiming(key, "a", { pair, call: String(call) }));
    const results = await Promise.all(claims.map((claim) => store.commit("claim-call", claim)));
    assert.deepEqual(
      results.map(({ held }) => held),
      results.map((_, index) => index === 0),
    );
  });

  on("who holds an older pair, or a wrong one, claims nothing", async (store) => {
    const { key, pair: former } = await ready(store);
    const pair = await connected(store, key, "c2");
    const crossed = { connection: pair.connection, generation: former.generation };
    for (const wrong of [former, crossed]) {
      const claim = claiming(key, "a", { pair: wrong, call: "1" });
      assert.deepEqual(await store.commit("claim-call", claim), { held: false });
    }
    assert.equal((await store.operation(idOf("a")))?.state, "queued");
    assert.deepEqual(await eventNames(store), ["operation queued"]);
  });

  on("an operation waits for those of its device that came before it", async (store) => {
    const { key, pair } = await ready(store);
    await accepted(store, asking(key, "b"));
    const claim = claiming(key, "b", { pair, call: "1" });
    assert.deepEqual(await store.commit("claim-call", claim), { held: false });
    await store.commit("claim-call", claiming(key, "a", { pair, call: "0" }));
    assert.deepEqual(await store.commit("claim-call", claim), { held: false });
    await end(store, [key, "a"], { from: "running" });
    assert.deepEqual(await store.commit("claim-call", claim), { held: true });
  });

  on("reads pass each other; nothing passes a write, and a write passes nothing", async (store) => {
    const { key, pair } = await ready(store);
    await end(store, [key, "a"]);
    await accepted(store, asking(key, "b", { reads: true }));
    await accepted(store, asking(key, "c", { reads: true }));
    await accepted(store, asking(key, "d", { rpcs: [reboot("d")] }));
    await accepted(store, asking(key, "e", { reads: true }));
    const claim = (digit: string) => store.commit("claim-call", claiming(key, digit, { pair, call: digit }));
    assert.deepEqual(await claim("e"), { held: false }, "a read behind a write waits for it");
    assert.deepEqual(await claim("c"), { held: true }, "a read passes one that waits");
    assert.deepEqual(await claim("b"), { held: true }, "and runs beside one that is out");
    assert.deepEqual(await claim("d"), { held: false }, "a write waits for the reads before it");
    const done = { end: { state: "done", at: at(50) } } as const;
    for (const digit of ["c", "b"]) {
      await store.commit("record-outcome", outcome(key, digit, { ...pair, call: digit, ...done }));
    }
    assert.deepEqual(await claim("d"), { held: true });
    assert.deepEqual(await claim("e"), { held: false });
  });

  on("whether an operation only reads is kept with it", async (store) => {
    const { key } = await ready(store);
    const read = await accepted(store, asking(key, "b", { reads: true }));
    assert.equal(read.reads, true);
    assert.deepEqual(
      (await store.openOperations(key)).map(({ reads }) => reads),
      [false, true],
    );
  });

  on("a call that is out may leave again, as the same call, on a newer connection", async (store) => {
    const { key, pair: former } = await ready(store);
    const claim = claiming(key, "a", { pair: former, call: "1" });
    await store.commit("claim-call", claim);
    const pair = await attached(store, key, "l1");
    const again = claiming(key, "a", { pair, call: "1" });
    assert.deepEqual(await store.commit("claim-call", again), { held: true });
    assert.deepEqual(await store.commit("claim-call", again), { held: true });
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.attempts, 2, "each sending counts once");
    assert.deepEqual(operation.claim, { callId: callId("1"), ...pair, at: at(30) });
    assert.deepEqual(await eventNames(store), ["operation queued", "operation running"]);
    assert.deepEqual(await store.commit("claim-call", claim), { held: false }, "an older one may not");
    assert.equal((await store.operation(idOf("a")))?.claim?.connection, pair.connection);
    const answered = outcome(key, "a", { ...pair, call: "1", outcome: answer });
    assert.deepEqual(await store.commit("record-outcome", answered), { held: true });
  });

  on("a call leaves again over no connection that is closed, and under no other operation", async (store) => {
    const { key, pair: former } = await ready(store);
    await store.commit("claim-call", claiming(key, "a", { pair: former, call: "1" }));
    const pair = await attached(store, key, "l1");
    await accepted(store, asking(key, "b"));
    assert.deepEqual(await store.commit("claim-call", claiming(key, "b", { pair, call: "1" })), {
      held: false,
    });
    await store.commit("close-connection", { key, ...pair, events: [] });
    assert.deepEqual(await store.commit("claim-call", claiming(key, "a", { pair, call: "1" })), {
      held: false,
    });
    assert.equal((await store.operation(idOf("a")))?.attempts, 1);
  });

  on("an operation that ended, or belongs to another device, is not claimed", async (store) => {
    const { key, pair } = await ready(store);
    const other = await enrolled(store, "2");
    const claim = claiming(key, "a", { pair, call: "1" });
    const elsewhere = { ...claim, device: other };
    assert.deepEqual(await store.commit("claim-call", elsewhere), { held: false });
    await end(store, [key, "a"]);
    assert.deepEqual(await store.commit("claim-call", claim), { held: false });
    assert.deepEqual(await store.commit("claim-call", { ...claim, operation: idOf("f") }), { held: false });
  });

  on("a released call queues its operation again, and its sending has counted", async (store) => {
    const { key, pair } = await ready(store);
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    const { generation } = pair;
    const events = [anEvent(key, "released")];
    const release = { operation: idOf("a"), callId: callId("1"), generation, events };
    assert.deepEqual(await store.commit("release-call", release), { held: true });
    assert.deepEqual(await store.commit("release-call", release), { held: true });
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "queued");
    assert.equal(operation.claim, undefined);
    assert.equal(operation.attempts, 1);
    assert.deepEqual((await eventNames(store)).slice(1), ["operation running", "released"]);
    await store.commit("claim-call", claiming(key, "a", { pair, call: "2" }));
    assert.equal((await store.operation(idOf("a")))?.attempts, 2);
  });

  on("a call that is not out is not released", async (store) => {
    const { key, pair } = await ready(store);
    const { generation } = pair;
    const events = [anEvent(key, "released")];
    const release = { operation: idOf("a"), callId: callId("1"), generation, events };
    assert.deepEqual(await store.commit("release-call", release), { held: false });
    await store.commit("claim-call", claiming(key, "a", { pair, call: "2" }));
    assert.deepEqual(await store.commit("release-call", release), { held: false });
    assert.equal((await store.operation(idOf("a")))?.claim?.callId, "2");
  });

  on("a call's id names one sending: it is claimed once", async (store) => {
    const { key, pair } = await ready(store);
    const first = claiming(key, "a", { pair, call: "1" });
    await store.commit("claim-call", first);
    const { generation } = pair;
    await store.commit("release-call", { operation: idOf("a"), callId: callId("1"), generation, events: [] });
    assert.deepEqual(await store.commit("claim-call", first), { held: false });
    await store.commit("claim-call", claiming(key, "a", { pair, call: "2" }));
    await store.commit("record-outcome", outcome(key, "a", { ...pair, call: "2" }));
    assert.deepEqual(await store.commit("claim-call", claiming(key, "a", { pair, call: "2" })), {
      held: false,
    });
  });

  on("the outcome of an RPC is kept, and the operation is queued for its next one", async (store) => {
    const { key, pair } = await ready(store);
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    const change = outcome(key, "a", { ...pair, call: "1", outcome: answer });
    assert.deepEqual(await store.commit("record-outcome", change), { held: true });
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "queued");
    assert.equal(operation.attempts, 0);
    assert.equal(operation.claim, undefined);
    assert.deepEqual(operation.outcomes, [answer]);
  });

  on("the last outcome ends the operation", async (store) => {
    const { key, pair } = await ready(store);
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    await store.commit("record-outcome", outcome(key, "a", { ...pair, call: "1", outcome: answer }));
    await store.commit("claim-call", claiming(key, "a", { pair, call: "2" }));
    const end = { state: "faulted", at: at(50) } as const;
    await store.commit("record-outcome", outcome(key, "a", { ...pair, call: "2", outcome: fault, end }));
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "faulted");
    assert.equal(operation.endedAt, at(50));
    assert.equal(operation.claim, undefined);
    assert.deepEqual(operation.outcomes, [answer, fault]);
    await accepted(store, asking(key, "b", { rpcs: [reboot("k")] }));
  });

  on(
    "an outcome that comes again is held, and kept once; also once the connection is another's",
    async (store) => {
      const { key, pair } = await ready(store);
      await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
      const change = outcome(key, "a", { ...pair, call: "1", events: [anEvent(key, "answered")] });
      await store.commit("record-outcome", change);
      assert.deepEqual(await store.commit("record-outcome", change), { held: true });
      await connected(store, key, "c2");
      assert.deepEqual(await store.commit("record-outcome", change), { held: true });
      assert.equal((await store.operation(idOf("a")))?.outcomes.length, 1);
      assert.deepEqual((await eventNames(store)).slice(2), ["answered"]);
    },
  );

  on(
    "an outcome of a call that is not out, or from who lost the connection, is refused and teaches nothing",
    async (store) => {
      const { key, pair: former } = await ready(store);
      await store.commit("claim-call", claiming(key, "a", { pair: former, call: "1" }));
      const pair = await connected(store, key, "c2");
      const lesson = { at: at(40), values: { "Device.DeviceInfo.": { UpTime: 9 } } };
      const record = async (changes: Pair & { readonly call: string }) =>
        store.commit(
          "record-outcome",
          outcome(key, "a", { ...changes, lesson, events: [anEvent(key, "told")] }),
        );
      assert.deepEqual(await record({ ...former, call: "1" }), { held: false });
      assert.deepEqual(await record({ ...pair, call: "2" }), { held: false });
      assert.deepEqual(await store.parameters(key, ""), {});
      assert.deepEqual((await store.operation(idOf("a")))?.outcomes, []);
      assert.equal((await eventNames(store)).includes("told"), false);
    },
  );

  on("who opened the next connection may settle a call of the one before", async (store) => {
    const { key, pair: former } = await ready(store);
    await store.commit("claim-call", claiming(key, "a", { pair: former, call: "1" }));
    const pair = await connected(store, key, "c2");
    const change = outcome(key, "a", { ...pair, call: "1" });
    assert.deepEqual(await store.commit("record-outcome", change), { held: true });
  });

  on("evidence ends a running operation with the outcome it gave", async (store) => {
    const { key, pair } = await ready(store);
    await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
    const done = { state: "done", at: at(60) } as const;
    await end(store, [key, "a"], { from: "running", end: done, outcome: { result: {} } });
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "done");
    assert.deepEqual(operation.outcomes, [{ result: {} }]);
    const late = outcome(key, "a", { ...pair, call: "1", outcome: answer });
    assert.deepEqual(await store.commit("record-outcome", late), { held: false });
  });
}

/** A connected device with an operation of two RPCs that waits. */
async function ready(store: Store) {
  const key = await enrolled(store, "1");
  const pair = await connected(store, key, "c1");
  await accepted(store, asking(key, "a", { rpcs: [reboot("k"), getValues] }));
  return { key, pair };
}
