import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";
import { subjects } from "../../src/ports/index.ts";
import type { OperationRecord, RpcAsk, Watch } from "../../src/ports/index.ts";
import { runNorthbound, type RunningNorthbound } from "../running-northbound.ts";
import { LiveWatch } from "./live-watch.ts";

type Outcome = OperationRecord["outcomes"][number];

const SECOND_MS = 1_000;
const LEVEL = "Device.Sky.1.Level";
const OTHER = "Device.Sky.2.Level";
const EMPTY = "Device.Sky.Star.";
const WRONG = "Device.Sky.Wrong";

test("what all in a process watch is said as one, again and again, and that it is over [LIGHT-OBSERVE-3]", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const said = watches(running, key);
  await using one = new LiveWatch(running.client, [key, LEVEL], { interval: 5 });
  const ways = one.way("observe");
  assert.deepEqual(wishOf(await said.take()), [[LEVEL], 5_000, false]);
  observing(running, key);
  await ways;
  await using other = new LiveWatch(running.client, [key, OTHER], { changes: true });
  const otherWay = other.way("observe");
  const merged = [[LEVEL, OTHER], 5_000, true];
  assert.deepEqual(wishOf(await said.take()), merged);
  await otherWay;
  await running.clock.advance(10 * SECOND_MS);
  assert.deepEqual(wishOf(await said.take()), merged);
  await running.northbound.close();
  const last = [await said.take(), await said.take()].map(({ paths }) => paths.length);
  assert.deepEqual(last, [1, 0]);
});

test("each is told as often as they asked, however often the device tells [LIGHT-OBSERVE-3]", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const said = watches(running, key);
  await using often = new LiveWatch(running.client, [key, LEVEL], { interval: 2 });
  await using seldom = new LiveWatch(running.client, [key, LEVEL], { interval: 10 });
  const ways = [often.way("observe"), seldom.way("observe")];
  await said.take();
  await said.take();
  observing(running, key);
  await Promise.all(ways);
  const told: unknown[] = [];
  for (let second = 0; second <= 20; second += 2) {
    const values = { "Device.Sky.1.": { Level: second } };
    running.bus.publish(subjects.observed(key), {
      type: "values",
      device: key,
      at: running.clock.now(),
      values,
    });
    assert.deepEqual(await often.values(), values);
    if (second % 10 === 0) told.push(await seldom.values());
    await running.clock.advance(2 * SECOND_MS);
  }
  assert.deepEqual(
    told,
    [0, 10, 20].map((Level) => ({ "Device.Sky.1.": { Level } })),
  );
});

test("a device that nobody says is observed is read, every 30 s at most, until it is [LIGHT-OBSERVE-5]", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.connect(key);
  const said = watches(running, key);
  const asks = new Arrivals<RpcAsk>("a read");
  running.bus.serve(subjects.rpc(key), async (ask) => {
    asks.add(ask);
    return { type: "refused", reason: "queue-full", detail: "too much is asked of it" } as const;
  });
  await using watch = new LiveWatch(running.client, [key, "Device.Sky.*.Level", LEVEL], { interval: 1 });
  const way = watch.way("read");
  await said.take();
  await running.clock.advance(2_500);
  const { rpcs, manager } = await asks.take();
  assert.deepEqual(
    [manager, rpcs],
    ["live", [{ method: "GetParameterValues", params: { ParameterNames: ["Device.Sky.", LEVEL] } }]],
  );
  assert.deepEqual(await way, { type: "way", way: "read", every: 30 });
  const detail = "too much is asked of it";
  assert.deepEqual(await watch.way("read"), { type: "way", way: "read", every: 30, detail });
  await running.clock.advance(29 * SECOND_MS);
  assert.equal(asks.untaken, 0);
  await running.clock.advance(SECOND_MS);
  await asks.take();
  observing(running, key);
  await watch.way("observe");
  await running.clock.advance(24 * SECOND_MS);
  assert.equal(asks.untaken, 0);
});

test("a device that cannot be reached is not asked, and who watches is told so [LIGHT-OBSERVE-5]", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const said = watches(running, key);
  running.bus.serve(subjects.rpc(key), () => Promise.reject(new Error("nobody should ask")));
  await using watch = new LiveWatch(running.client, [key, LEVEL]);
  const way = watch.way("read");
  await said.take();
  await running.clock.advance(2_500);
  const detail = "the device cannot be reached now";
  assert.deepEqual(await way, { type: "way", way: "read", every: 30, detail });
});

test("what a device refuses, or has not, is kept from nobody else, and who watches it is told why [LIGHT-OBSERVE-6]", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.connect(key);
  const said = watches(running, key);
  const asks = new Arrivals<readonly string[]>("a read");
  running.bus.serve(subjects.rpc(key), async (ask) => {
    const paths = namesOf(ask);
    asks.add(paths);
    return { type: "operation", operation: answered(ask, key, outcomeFor(paths)), repeated: false } as const;
  });
  await using sound = new LiveWatch(running.client, [key, LEVEL], { interval: 1 });
  await using odd = new LiveWatch(running.client, [key, WRONG, EMPTY], { interval: 1 });
  const ways = [sound.way("read"), odd.way("read")];
  await said.take();
  await said.take();
  await running.clock.advance(2_500);
  await Promise.all(ways);
  assert.deepEqual(await sound.values(), { "Device.Sky.1.": { Level: 1 } });
  const way = { type: "way", way: "read", every: 30 };
  assert.deepEqual(await odd.way("read"), { ...way, path: EMPTY, detail: "the device has nothing there" });
  assert.deepEqual(await odd.way("read"), { ...way, path: WRONG, detail: "9005: there is no such name" });
  await using late = new LiveWatch(running.client, [key, WRONG]);
  await late.way("read");
  assert.deepEqual(await late.way("read"), { ...way, path: WRONG, detail: "9005: there is no such name" });
  const first = [await asks.take(), await asks.take(), await asks.take(), await asks.take()];
  assert.deepEqual(first, [[LEVEL, EMPTY, WRONG], [LEVEL], [EMPTY], [WRONG]]);
  await running.clock.advance(30 * SECOND_MS);
  assert.deepEqual([await asks.take(), await asks.take()], [[LEVEL, EMPTY], [WRONG]]);
  assert.equal(asks.untaken, 0);
});

test("what a device that observes has not is told to who watches it, once [LIGHT-OBSERVE-6]", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const said = watches(running, key);
  await using watch = new LiveWatch(running.client, [key, LEVEL, WRONG], { interval: 1 });
  const way = watch.way("observe");
  await said.take();
  observing(running, key, [LEVEL, WRONG]);
  observing(running, key, [LEVEL, WRONG, OTHER]);
  const observe = { type: "way", way: "observe", every: 1 };
  assert.deepEqual(await way, observe);
  const detail = "the device has nothing there";
  assert.deepEqual(await watch.way("observe"), { ...observe, path: WRONG, detail });
  const wish = { paths: [LEVEL], intervalMs: 2 * SECOND_MS, onChange: false };
  const asked = [LEVEL, WRONG];
  running.bus.publish(subjects.observed(key), { type: "observing", device: key, asked, ...wish });
  assert.deepEqual(await watch.way("observe"), { ...observe, every: 2 });
});

test("what cannot be watched is refused", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  for (const query of ["", "?path=Device.&interval=0", "?path=Device.&changes=perhaps"]) {
    const refused = await running.ask("GET", `/api/v1/devices/${key}/live${query}`);
    assert.deepEqual([refused.status, refused.reason], [400, "invalid-request"], query);
  }
  const unknown = await running.ask("GET", "/api/v1/devices/00D09E-NONE/live?path=Device.");
  assert.equal(unknown.reason, "unknown-device");
});

test("who watches is written down", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const said = watches(running, key);
  await using watch = new LiveWatch(running.client, [key, LEVEL]);
  const way = watch.way("observe");
  await said.take();
  observing(running, key);
  await way;
  const [entry] = (await running.client.audit()).items;
  assert.deepEqual(
    [entry?.action, entry?.device, entry?.manager, entry?.detail],
    ["watch-live", key, "admin", { paths: [LEVEL] }],
  );
});

/** What the gateways hear. */
function watches({ bus }: RunningNorthbound, key: DeviceKey): Arrivals<Watch> {
  const said = new Arrivals<Watch>("what is watched");
  bus.subscribe(subjects.everyWatch, (watch) => {
    if (watch.device === key) said.add(watch);
  });
  return said;
}

function namesOf({ rpcs: [rpc] }: RpcAsk): readonly string[] {
  assert.equal(rpc?.method, "GetParameterValues");
  const { ParameterNames: names } = rpc.params;
  assert.ok(Array.isArray(names));
  return names.map(String);
}

/** As a device does that has one level, and refuses all for what it does not know. */
function outcomeFor(paths: readonly string[]): Outcome {
  if (paths.includes(WRONG)) return { fault: { code: 9005, message: "there is no such name" } };
  return { result: { ParameterList: paths.includes(LEVEL) ? { "Device.Sky.1.": { Level: 1 } } : {} } };
}

function answered(ask: RpcAsk, device: DeviceKey, outcome: Outcome): OperationRecord {
  const { id, manager, rpcs, expiresAt = 0 } = ask;
  return {
    ...{ id, device, manager, rpcs, expiresAt, sequence: 1, attempts: 1, reads: true, createdAt: 0 },
    state: outcome.fault === undefined ? "done" : "faulted",
    outcomes: [outcome],
  };
}

function wishOf({ paths, intervalMs, onChange }: Watch): readonly unknown[] {
  return [paths, intervalMs, onChange];
}

/** As the gateway says it that has the device. */
function observing({ bus }: RunningNorthbound, device: DeviceKey, asked: readonly string[] = [LEVEL]): void {
  const wish = { paths: [LEVEL], intervalMs: SECOND_MS, onChange: false };
  bus.publish(subjects.observed(device), { type: "observing", device, asked, ...wish });
}
