import type { Activity } from "@heliograph/agent";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Spoken } from "./mix.ts";
import { Tally, type DeviceTally } from "./tally.ts";

const ENDED: Activity = { type: "session-ended" };
const ATTACHED: Activity = { type: "attached", url: "ws://127.0.0.1/light" };
const SERVED: Activity = {
  type: "rpc-served",
  request: { method: "GetRPCMethods", params: {} },
  reply: { kind: "answer", method: "GetRPCMethods", result: { MethodList: [] } },
};

/** A tally whose time a test sets. */
function tallyOf(devices: number) {
  let now = 1_000;
  let settled = 0;
  const tally = new Tally(devices, () => now);
  const start = (speaks: Spoken = "cwmp.json"): DeviceTally => tally.started(speaks, () => (settled += 1));
  return { tally, start, at: (ms: number) => void (now = 1_000 + ms), settled: () => settled };
}

test("nothing is told before anything happened", () => {
  const { tally } = tallyOf(3);
  assert.deepEqual(tally.progress(), {
    elapsedMs: 0,
    devices: 3,
    started: 0,
    informed: 0,
    attached: 0,
    sessions: 0,
    informs: 0,
    rpcs: 0,
    failures: [],
    latencies: {},
    parts: [],
  });
});

test("a device's way is timed from being switched on to its first session's end, and to being attached", () => {
  const { tally, start, at } = tallyOf(1);
  const device = start();
  at(40);
  device.activity(ENDED);
  at(60);
  device.activity(ATTACHED);
  at(500);
  device.activity(ENDED);
  const { informed, sessions, attached, elapsedMs, latencies } = tally.progress();
  assert.deepEqual(
    { informed, sessions, attached, elapsedMs },
    { informed: 1, sessions: 2, attached: 1, elapsedMs: 500 },
  );
  assert.deepEqual([latencies.informed?.count, latencies.informed?.max], [1, 40]);
  assert.deepEqual([latencies.attached?.count, latencies.attached?.max], [1, 60]);
});

test("who lost its connection is attached no more, and again once it is back, but timed once", () => {
  const { tally, start } = tallyOf(1);
  const device = start();
  device.activity(ATTACHED);
  device.activity({ type: "detached", reason: "the connection broke off", retryInMs: 5_000 });
  assert.equal(tally.progress().attached, 0);
  device.activity(ATTACHED);
  assert.equal(tally.progress().attached, 1);
  device.stopped();
  device.stopped();
  assert.equal(tally.progress().attached, 0);
  assert.equal(tally.progress().latencies.attached?.count, 1);
});

test("a device settles once: by its first session, well or not", () => {
  const { start, settled } = tallyOf(2);
  const [good, bad] = [start(), start()];
  bad.activity({ type: "session-failed", reason: "nobody there", retryInMs: 5_000 });
  bad.activity(ENDED);
  assert.equal(settled(), 1);
  good.activity(ENDED);
  good.activity(ENDED);
  assert.equal(settled(), 2);
});

test("failures are counted by reason, the most frequent first, and no more kinds are kept than fifty", () => {
  const { tally, start } = tallyOf(1);
  const device = start();
  device.activity({ type: "session-failed", reason: "rare", retryInMs: 1 });
  device.activity({ type: "detached", reason: "often" });
  device.activity({ type: "detached", reason: "often" });
  assert.deepEqual(tally.progress().failures, [
    { reason: "often", count: 2 },
    { reason: "rare", count: 1 },
  ]);
  for (let reason = 0; reason < 100; reason += 1) tally.failed(`reason ${reason}`);
  const { failures } = tally.progress();
  assert.equal(failures.length, 51);
  assert.deepEqual(failures[0], { reason: "other reasons", count: 52 });
});

test("RPCs and Informs over connections are counted", () => {
  const { tally, start } = tallyOf(1);
  const device = start();
  device.activity({ type: "informed", events: ["2 PERIODIC"] });
  device.activity(SERVED);
  device.activity(SERVED);
  device.served(3);
  const { informs, informed, rpcs, latencies } = tally.progress();
  assert.deepEqual({ informs, informed, rpcs }, { informs: 1, informed: 1, rpcs: 2 });
  assert.equal(latencies.served?.max, 3);
});

test("those that speak the same are counted by themselves, too", () => {
  const { tally, start, at } = tallyOf(3);
  const [classic, soap] = [start("classic"), start("cwmp.soap")];
  start("cwmp.soap");
  classic.activity(ENDED);
  at(20);
  soap.activity(ATTACHED);
  soap.activity(SERVED);
  soap.served(5);
  classic.served(7);
  const { parts, latencies } = tally.progress();
  const told = parts.map(({ speaks, started, attached, sessions, rpcs }) => {
    return { speaks, started, attached, sessions, rpcs };
  });
  assert.deepEqual(told, [
    { speaks: "cwmp.soap", started: 2, attached: 1, sessions: 0, rpcs: 1 },
    { speaks: "classic", started: 1, attached: 0, sessions: 1, rpcs: 0 },
  ]);
  assert.deepEqual(
    parts.map((part) => part.latencies.served?.max),
    [5, 7],
  );
  assert.equal(parts[0]?.latencies.attached?.max, 20);
  assert.equal(latencies.served?.count, 2);
});
