import assert from "node:assert/strict";
import { test } from "node:test";
import type { AcceptOperation, ChangeOf, ChangeType } from "../ports/index.ts";
import { Bench, get, ok, reboot } from "./engine-bench.fixture.ts";
import { ScriptedGateway } from "./scripted-gateway.fixture.ts";

test("what was stored by somebody who then told nobody is called once it is asked for again", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  await gateway.attached("l1");
  const { store } = bench;
  const commit = store.commit.bind(store);
  const asked: AcceptOperation[] = [];
  const storing = t.mock.method(store, "commit", (type: ChangeType, change: AcceptOperation) => {
    if (type === "accept-operation") asked.push(change);
    return Promise.reject(new Error("it is gone before it tells anybody"));
  });
  await assert.rejects(bench.ask([get], { idempotencyKey: "i" }));
  storing.mock.restore();
  const [change] = asked;
  assert.ok(change !== undefined);
  await commit("accept-operation", change);
  await bench.idle();
  assert.deepEqual(gateway.calls, []);
  const again = await bench.ask([get], { idempotencyKey: "i" });
  assert.ok(again.type === "operation" && again.repeated);
  await bench.until(again.operation.id, "done");
});

test("what was stored though the store said nothing of it goes on, and runs once", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  await gateway.attached("l1");
  const { store } = bench;
  const commit = store.commit.bind(store);
  const storing = t.mock.method(
    store,
    "commit",
    async <T extends ChangeType>(type: T, change: ChangeOf<T>) => {
      const stored = await commit(type, change);
      if (type === "accept-operation") throw new Error("the line to the store broke");
      return stored;
    },
  );
  await assert.rejects(bench.ask([get], { idempotencyKey: "i" }));
  storing.mock.restore();
  const again = await bench.ask([get], { idempotencyKey: "i" });
  assert.ok(again.type === "operation" && again.repeated);
  await bench.until(again.operation.id, "done");
  assert.equal(gateway.calls.length, 1);
});

test("what is asked for again, and is over when that is told, stands before nothing that follows", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const answer = Promise.withResolvers<typeof ok>();
  gateway.answer = () => answer.promise;
  await gateway.attached("l1");
  const first = await bench.accepted([get], { idempotencyKey: "i" });
  await gateway.called(1);
  const { store } = bench;
  const commit = store.commit.bind(store);
  t.mock.method(store, "commit", async <T extends ChangeType>(type: T, change: ChangeOf<T>) => {
    const stored = await commit(type, change);
    // It is still open when it is asked for again; its answer is there before that is told.
    if (type === "accept-operation") {
      answer.resolve(ok);
      await bench.idle();
    }
    return stored;
  });
  const again = await bench.ask([get], { idempotencyKey: "i" });
  assert.ok(again.type === "operation" && again.repeated);
  await bench.until(first.id, "done");
  const next = await bench.accepted([reboot]);
  await bench.until(next.id, "done");
});
