import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { AcceptOperation, CallOutcome, ChangeOf, ChangeType, DeviceCall } from "../ports/index.ts";
import { Bench, get, ok, reboot } from "./engine-bench.fixture.ts";
import { held, ScriptedGateway } from "./scripted-gateway.fixture.ts";

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

test("what is lost with its session while it is asked for again keeps no device from being woken for what follows", async (t) => {
  const bench = await Bench.open(t);
  const { id } = await bench.accepted([add], { idempotencyKey: "i" });
  await bench.idle();
  const session = await bench.inform();
  assert.equal((await session.next()).type, "call");
  const again = await toldLate(t, bench, add);
  session.close();
  await bench.until(id, "outcome-unknown");
  await again.tell();
  const before = bench.wakes;
  await bench.accepted([reboot]);
  await bench.idle();
  assert.equal(bench.wakes, before + 1);
});

test("a transfer that the device accepts while it is asked for again stands before nothing that follows", async (t) => {
  const bench = await Bench.open(t);
  const gateway = new ScriptedGateway(bench);
  const answer = held();
  gateway.answer = answer.answer;
  await gateway.attached("l1");
  const { id } = await bench.accepted([download], { idempotencyKey: "i" });
  await gateway.called(1);
  const again = await toldLate(t, bench, download);
  answer.resolve(goesOn);
  await bench.idle();
  await again.tell();
  await bench.until(id, "transferring");
  await bench.accepted([reboot]);
  await bench.idle();
  assert.equal(gateway.calls.length, 2);
});

const add: DeviceCall = { method: "AddObject", params: { ObjectName: "Device.Hosts." } };
const download: DeviceCall = {
  method: "Download",
  params: { CommandKey: "d", FileType: "1 Firmware Upgrade Image", URL: "http://files.example/f" },
};
const never = "0001-01-01T00:00:00Z";
const goesOn: CallOutcome = {
  type: "answered",
  outcome: { result: { Status: 1, StartTime: never, CompleteTime: never } },
};

/** Asks once more for what has the key `i`: the store has said that it is open, and the device hears of that only when told. */
async function toldLate(t: TestContext, bench: Bench, call: DeviceCall): Promise<{ tell(): Promise<void> }> {
  const { store } = bench;
  const commit = store.commit.bind(store);
  const stored = Promise.withResolvers<undefined>();
  const told = Promise.withResolvers<undefined>();
  const storing = t.mock.method(
    store,
    "commit",
    async <T extends ChangeType>(type: T, change: ChangeOf<T>) => {
      const result = await commit(type, change);
      if (type !== "accept-operation") return result;
      stored.resolve(undefined);
      await told.promise;
      return result;
    },
  );
  const asked = bench.ask([call], { idempotencyKey: "i" });
  await stored.promise;
  return {
    async tell() {
      storing.mock.restore();
      told.resolve(undefined);
      const reply = await asked;
      assert.ok(reply.type === "operation" && reply.repeated);
      await bench.idle();
    },
  };
}
