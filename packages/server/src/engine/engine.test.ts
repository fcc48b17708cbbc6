import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { gatewayId, subjects, type CallOutcome, type Rouse } from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { answered, Bench, get, ok, reboot, SETTINGS, silent } from "./engine-bench.fixture.ts";

test("an operation wakes its device, runs in the session, and its asker is told", async (t) => {
  const bench = await Bench.open(t);
  const asked = bench.accepted([reboot], { waitMs: 10_000 });
  const session = await bench.inform();
  const call = await session.next();
  assert.equal(bench.wakes, 1);
  assert.deepEqual(await session.next(answered(call, ok)), { type: "nothing" });
  const operation = await asked;
  assert.equal(operation.state, "done");
  assert.deepEqual(operation.outcomes, [{ result: {} }]);
});

test("a session with nothing to carry is said to be idle, and its gateway is roused when something comes", async (t) => {
  const bench = await Bench.open(t);
  const roused = Promise.withResolvers<Rouse>();
  bench.bus.subscribe(subjects.everyRouse(gatewayId("g")), roused.resolve);
  const { connection, reply } = await bench.announce({});
  assert.ok(reply.type === "owned" && reply.idle === true);
  await bench.accepted([get]);
  assert.deepEqual(await roused.promise, { device: key, connection });
  const ask = { device: key, connection, generation: reply.generation };
  const next = await bench.bus.request(subjects.next(reply.engine), ask, { timeoutMs: 10_000 });
  assert.equal(next.type, "call");
});

test("what an answer tells is learned", async (t) => {
  const bench = await Bench.open(t);
  await bench.accepted([get]);
  const session = await bench.inform();
  const values = { "Device.DeviceInfo.": { UpTime: 7 } };
  const outcome: CallOutcome = { type: "answered", outcome: { result: { ParameterList: values } } };
  await session.next(answered(await session.next(), outcome));
  const known = await bench.store.parameters(key, "Device.DeviceInfo.");
  assert.equal(known["Device.DeviceInfo."]?.["UpTime"]?.value, 7);
});

test("a CommandKey that was left out is made, and is the operation's own", async (t) => {
  const bench = await Bench.open(t);
  const operation = await bench.accepted([{ method: "Reboot", params: {} }]);
  const [rpc] = operation.rpcs;
  assert.match(JSON.stringify(rpc?.params), /^\{"CommandKey":"[0-9a-f]{32}"\}$/);
});

test("the same idempotency key asks once; for another request it is refused", async (t) => {
  const bench = await Bench.open(t);
  const first = await bench.accepted([reboot], { idempotencyKey: "i" });
  const again = await bench.ask([reboot], { idempotencyKey: "i" });
  assert.ok(again.type === "operation" && again.repeated);
  assert.equal(again.operation.id, first.id);
  const other = await bench.ask([get], { idempotencyKey: "i" });
  assert.ok(other.type === "refused" && other.reason === "idempotency-mismatch");
});

test("too many open operations of one device are refused, as are RPCs that nobody knows", async (t) => {
  const bench = await Bench.open(t);
  for (let count = 0; count < SETTINGS.maxOpenOperations; count += 1) await bench.accepted([get]);
  const full = await bench.ask([get]);
  assert.ok(full.type === "refused" && full.reason === "queue-full");
  const unknown = await bench.ask([{ method: "Rebot", params: {} }]);
  assert.ok(unknown.type === "refused" && unknown.reason === "bad-request");
});

test("an engine that starts again asks a lost read once more, and names a lost write it cannot settle", async (t) => {
  const bench = await Bench.open(t);
  const add = await bench.accepted([{ method: "AddObject", params: { ObjectName: "Device.Hosts." } }]);
  const read = await bench.accepted([get]);
  const session = await bench.inform();
  assert.equal((await session.next()).type, "call");
  await bench.engine.close();
  await bench.start();
  await bench.clock.advance(10);
  const unknown = await bench.until(add.id, "outcome-unknown");
  assert.match(unknown.reason ?? "", /stopped before its answer/);
  await assert.rejects(session.next(), { code: "E_NOBODY_THERE" }, "the old session is nobody's now");
  const later = await bench.inform();
  const call = await later.next();
  await later.next(answered(call, { type: "answered", outcome: { result: { ParameterList: {} } } }));
  assert.equal((await bench.store.operation(read.id))?.state, "done");
});

test("a reboot whose answer was lost is settled by the Inform that follows it", async (t) => {
  const bench = await Bench.open(t);
  const { id } = await bench.accepted([reboot]);
  const session = await bench.inform();
  session.close(answered(await session.next(), silent));
  await bench.inform([
    { code: "1 BOOT", commandKey: "" },
    { code: "M Reboot", commandKey: "k" },
  ]);
  const operation = await bench.until(id, "done");
  assert.deepEqual([operation.attempts, operation.claim], [1, undefined]);
});

test("a newer connection takes the calls; the older one gets none", async (t) => {
  const bench = await Bench.open(t);
  await bench.accepted([get]);
  const older = await bench.inform();
  const newer = await bench.inform();
  assert.deepEqual(await older.next(), { type: "superseded" });
  assert.equal((await newer.next()).type, "call");
});

test("a device that stays away is asked again later, and its work expires", async (t) => {
  const bench = await Bench.open(t);
  bench.wakeOutcome = { result: "unreachable", detail: "timed out" };
  const { id, expiresAt } = await bench.accepted([get], { expiresAt: bench.clock.now() + 100_000 });
  await settled(bench, 1);
  await bench.clock.advance(31_000);
  await settled(bench, 2);
  await bench.clock.advance(70_000);
  const { endedAt = 0 } = await bench.until(id, "expired");
  assert.ok(
    endedAt >= expiresAt && endedAt <= bench.clock.now(),
    "in its time, or in the first turn after it",
  );
});

test("an operation that waits can be cancelled; its device is left alone", async (t) => {
  const bench = await Bench.open(t);
  const { id } = await bench.accepted([get]);
  const ask = { manager: "tester" };
  const reply = await bench.bus.request(subjects.cancel(id), ask, { timeoutMs: 1_000 });
  assert.ok(reply.type === "cancelled");
  assert.equal(reply.operation.state, "cancelled");
  const again = await bench.bus.request(subjects.cancel(id), ask, { timeoutMs: 1_000 });
  assert.deepEqual(again, { type: "refused", reason: "ended" });
  assert.deepEqual(await (await bench.inform()).next(), { type: "nothing" });
});

test("every change of an operation's state reaches the bus, in order", async (t) => {
  const bench = await Bench.open(t);
  const states: string[] = [];
  bench.bus.subscribe(subjects.everyOperationChange, ({ state }) => states.push(state));
  const { id } = await bench.accepted([reboot]);
  const session = await bench.inform();
  await session.next(answered(await session.next(), ok));
  await bench.until(id, "done");
  await bench.engine.close();
  assert.deepEqual(states, ["queued", "running", "done"]);
});

/** Resolves once this many connection requests were recorded; what is due by now runs. */
async function settled(bench: Bench, attempts: number): Promise<void> {
  while ((await bench.store.device(key))?.wake.attempts !== attempts) {
    await setImmediate();
    await bench.clock.advance(0);
  }
}
