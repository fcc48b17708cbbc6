import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import {
  ALIVE_MS,
  connectionId,
  engineId,
  gatewayId,
  operationId,
  serveAny,
  SILENT_MS,
  subjects,
  type CancelReply,
  type ConnectReply,
  type EngineId,
  type LightAnnouncement,
  type RelieveReply,
  type RpcReply,
} from "../ports/index.ts";
import { askingHeardEngines } from "./heard-engines.ts";
import { memoryBus } from "./memory.ts";

const one = engineId("1111111111111111");
const other = engineId("2222222222222222");
const DEVICE = "001122-Box-1" as DeviceKey;
const OPERATION = operationId("0".repeat(32));
const RELIEVED: RelieveReply = { type: "relieved" };
const UNKNOWN_DEVICE: RpcReply = { type: "refused", reason: "unknown-device", detail: "no such device" };
const UNKNOWN_CONNECTION: ConnectReply = { type: "refused", reason: "unknown-device" };
const ANNOUNCEMENT: LightAnnouncement = {
  device: DEVICE,
  connection: connectionId("c"),
  gateway: gatewayId("g"),
  address: "127.0.0.1",
  at: 0,
  subprotocol: "cwmp.json",
  credentialVersion: 0,
};

test("of several engines those that are heard are asked in turn", async () => {
  await using bench = await openBench();
  await bench.relieveTimes(4);
  assert.deepEqual(bench.asked.toSorted(), [one, one, other, other]);
});

test("one that stands still is asked until it is silent for too long; then another answers what it was asked", async () => {
  await using bench = await openBench();
  bench.pause(one);
  const answers = [bench.relieve(), bench.relieve()];
  await bench.passTime(SILENT_MS + ALIVE_MS, [other]);
  assert.deepEqual(await Promise.all(answers), [RELIEVED, RELIEVED]);
  assert.deepEqual(bench.asked.toSorted(), [one, other, other]);
  await bench.relieveTimes(3);
  assert.equal(bench.asked.filter((engine) => engine === one).length, 1);
});

test("what may not be asked twice is asked once, of whichever it was", async () => {
  await using bench = await openBench();
  bench.pause(one);
  bench.pause(other);
  const answer = bench.cancel();
  const refused = assert.rejects(answer, { code: "E_REQUEST_TIMED_OUT" });
  await bench.passTime(2 * SILENT_MS, [one, other]);
  await refused;
  assert.equal(bench.asked.length, 1);
});

test("who passed on to one that stands still hears, once that is silent for too long, that no answer comes", async () => {
  await using bench = await openBench();
  assert.deepEqual(await bench.passOn(one), UNKNOWN_DEVICE);
  bench.pause(one);
  const refused = assert.rejects(bench.passOn(one), { code: "E_REQUEST_TIMED_OUT" });
  await bench.passTime(SILENT_MS + ALIVE_MS, [other]);
  await refused;
  const asked = bench.asked.length;
  await assert.rejects(bench.passOn(one), { code: "E_REQUEST_TIMED_OUT" });
  assert.equal(bench.asked.length, asked, "it is not asked any more");
  await bench.passTime(ALIVE_MS, [one, other]);
  bench.goOn(one);
  assert.deepEqual(await bench.passOn(one), UNKNOWN_DEVICE);
});

test("a gateway's announcement goes to one that is heard, and where that one stands still to another", async () => {
  await using bench = await openBench();
  bench.pause(one);
  const replies = [bench.connect(), bench.connect()];
  await bench.passTime(SILENT_MS + ALIVE_MS, [other]);
  assert.deepEqual(await Promise.all(replies), [UNKNOWN_CONNECTION, UNKNOWN_CONNECTION]);
  assert.deepEqual(bench.asked.toSorted(), [one, other, other]);
});

test("where only one is known, or the one in turn has just gone, whichever takes it is asked", async () => {
  await using bench = await openBench();
  bench.go(one);
  await bench.relieveTimes(2);
  assert.deepEqual(bench.asked, [other, other]);
  await bench.passTime(SILENT_MS + ALIVE_MS, [other]);
  await bench.relieveTimes(1);
  assert.deepEqual(bench.asked, [other, other, other]);
});

async function openBench() {
  const clock = new VirtualClock();
  const inner = memoryBus({ clock, onError: (error) => assert.fail(String(error)) });
  const bus = askingHeardEngines(inner, clock);
  const asked: EngineId[] = [];
  const paused = new Set<EngineId>();
  const serving = new Map([one, other].map((engine) => [engine, serve(engine)] as const));

  function serve(engine: EngineId) {
    const take = <A>(reply: A): Promise<A> => {
      asked.push(engine);
      return paused.has(engine) ? Promise.withResolvers<A>().promise : Promise.resolve(reply);
    };
    const any = { bus: inner, engine, isAlone: false };
    const unknown: CancelReply = { type: "refused", reason: "unknown" };
    return [
      ...serveAny(any, subjects.everyRelieve, () => take(RELIEVED)),
      ...serveAny(any, subjects.everyCancel, () => take(unknown)),
      ...serveAny(any, subjects.connect, () => take(UNKNOWN_CONNECTION)),
      inner.serve(subjects.everyPassedRpc(engine), () => take(UNKNOWN_DEVICE)),
    ];
  }
  const relieve = (): Promise<RelieveReply> =>
    bus.request(subjects.relieve(DEVICE), { manager: "m" }, { timeoutMs: 2 * SILENT_MS });
  const passTime = async (ms: number, speaking: readonly EngineId[]): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += ALIVE_MS) {
      for (const engine of speaking) inner.publish(subjects.alive(engine), { engine });
      await clock.advance(ALIVE_MS);
    }
  };
  await passTime(ALIVE_MS, [one, other]);
  return {
    ...{ asked, relieve, passTime },
    pause: (engine: EngineId) => paused.add(engine),
    goOn: (engine: EngineId) => paused.delete(engine),
    /** As one that was killed. */
    go: (engine: EngineId) => {
      for (const subscription of serving.get(engine) ?? []) subscription.unsubscribe();
    },
    cancel: () => {
      assert.ok(OPERATION !== undefined);
      return bus.request(subjects.cancel(OPERATION), { manager: "m" }, { timeoutMs: SILENT_MS });
    },
    connect: () => bus.request(subjects.connect, ANNOUNCEMENT, { timeoutMs: 2 * SILENT_MS }),
    passOn: (engine: EngineId) => {
      assert.ok(OPERATION !== undefined);
      const ask = { id: OPERATION, rpcs: [], manager: "m", waitMs: 0 };
      return bus.request(subjects.passedRpc(engine, DEVICE), ask, { timeoutMs: 10 * SILENT_MS });
    },
    relieveTimes: async (times: number) => {
      for (let count = 0; count < times; count += 1) assert.deepEqual(await relieve(), RELIEVED);
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
}
