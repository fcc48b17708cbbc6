import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { ManagerPaces, Pace } from "./pace.ts";

const BOUNDS = { atOnce: 3, perSecond: 10 };

test("so many turns are there at once, and then each comes when it is due", () => {
  const pace = new Pace(new VirtualClock(), BOUNDS);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => pace.take()),
    [0, 0, 0, 100, 200],
  );
});

test("turns come back while nobody takes any, and never more than there are at once", async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock, BOUNDS);
  assert.equal(pace.take(3), 0);
  assert.ok(!pace.isIdle);
  await clock.advance(3_600_000);
  assert.ok(pace.isIdle);
  assert.deepEqual([pace.take(3), pace.take()], [0, 100]);
});

test("who waits has their turn once it has come, in the order in which they asked", async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock, BOUNDS);
  pace.take(3);
  const done: number[] = [];
  const turns = [1, 2].map((number) => pace.turn().then(() => done.push(number)));
  await clock.advance(100);
  await turns[0];
  assert.deepEqual(done, [1]);
  await clock.advance(100);
  await turns[1];
  assert.deepEqual(done, [1, 2]);
});

test("a manager has one pace, whoever asks in their name, and others have their own", () => {
  const paces = new ManagerPaces(new VirtualClock(), BOUNDS);
  assert.equal(paces.of("jo").take(3), 0);
  assert.equal(paces.of("jo").take(), 100);
  assert.equal(paces.of("flo").take(), 0);
});
