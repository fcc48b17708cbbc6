import { VirtualClock } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";
import { RampUp } from "./ramp-up.ts";
import type { Ramp } from "./ramp.ts";

/** A ramp whose devices settle when the test says so. */
function bench(ramp: Ramp) {
  const clock = new VirtualClock();
  const started: number[] = [];
  const waiting: (() => void)[] = [];
  let isOver = false;
  const rampUp = new RampUp({
    ramp,
    clock,
    start(index, settled) {
      started.push(index);
      waiting.push(settled);
    },
    onSettled: () => (isOver = true),
  });
  return {
    clock,
    rampUp,
    started: () => started.length,
    settleOne: () => waiting.shift()?.(),
    isOver: () => isOver,
  };
}

test("devices are started at their rate, each once, and the end is told", async () => {
  const { clock, started, settleOne, isOver } = bench({ devices: 5, rate: 2, concurrency: 10 });
  assert.equal(started(), 1);
  await clock.advance(1_000);
  assert.equal(started(), 3);
  await clock.advance(60_000);
  assert.equal(started(), 5);
  assert.equal(clock.waiting, 0);
  for (let left = 5; left > 0; left -= 1) {
    assert.equal(isOver(), false);
    settleOne();
  }
  assert.equal(isOver(), true);
});

test("a slow ACS holds devices up, and gets no more at once when it is back than may be on their way", async () => {
  const { clock, started, settleOne } = bench({ devices: 100, rate: 10, concurrency: 3 });
  await clock.advance(5_000);
  assert.equal(started(), 3);
  assert.equal(clock.waiting, 0);
  settleOne();
  assert.equal(started(), 4);
});

test("at a very high rate devices are started together", async () => {
  const { clock, started } = bench({ devices: 1_000, rate: 10_000, concurrency: 1_000 });
  await clock.advance(50);
  assert.ok(started() > 400 && started() <= 501, String(started()));
});

test("who stops the ramp gets no more devices", async () => {
  const { clock, rampUp, started } = bench({ devices: 100, rate: 10, concurrency: 100 });
  await clock.advance(500);
  rampUp.stop();
  await clock.advance(5_000);
  assert.equal(started(), 6);
  assert.equal(clock.waiting, 0);
});
