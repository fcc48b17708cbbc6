import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "./virtual-clock.ts";

test("actions run in the order of time, each at its own", async () => {
  const clock = new VirtualClock(1_000);
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, clock.now()]);
  clock.after(30, note("third"));
  clock.after(10, note("first"));
  clock.after(10, note("second"));
  clock.after(41, note("never"));
  await clock.advance(40);
  assert.deepEqual(ran, [
    ["first", 1_010],
    ["second", 1_010],
    ["third", 1_030],
  ]);
  assert.equal(clock.now(), 1_040);
  assert.equal(clock.waiting, 1);
});

test("a cancelled action does not run", async () => {
  const clock = new VirtualClock();
  const timer = clock.after(5, () => assert.fail("it ran"));
  timer.cancel();
  await clock.advance(10);
  assert.equal(clock.waiting, 0);
});

test("what an action sets later, even after a promise, still runs in the same stretch of time", async () => {
  const clock = new VirtualClock(0);
  const ran: number[] = [];
  clock.after(10, () => {
    void Promise.resolve().then(() => clock.after(10, () => ran.push(clock.now())));
  });
  await clock.advance(20);
  assert.deepEqual(ran, [20]);
});

test("a jump of the time of day moves nothing that waits", async () => {
  const clock = new VirtualClock(0);
  const ran: number[] = [];
  clock.after(10, () => ran.push(clock.now()));
  clock.jump(1_000_000);
  await clock.advance(9);
  assert.deepEqual(ran, []);
  await clock.advance(1);
  assert.deepEqual(ran, [1_000_010]);
});
