import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { Deadlines } from "./deadlines.ts";

test("whoever is late is told of once, whoever was in time never", async () => {
  const { clock, deadlines, late } = open();
  deadlines.set("in time", 1_000);
  deadlines.set("late", 1_000);
  await clock.advance(999);
  deadlines.lift("in time");
  assert.deepEqual(late, []);
  await clock.advance(1);
  assert.deepEqual(late, ["late"]);
  await clock.advance(10_000);
  assert.deepEqual(late, ["late"]);
});

test("a deadline that is set again counts from then on, also where it is another", async () => {
  const { clock, deadlines, late } = open();
  deadlines.set("a", 1_000);
  deadlines.set("b", 1_000);
  await clock.advance(600);
  deadlines.set("a", 1_000);
  deadlines.set("b", 100);
  await clock.advance(100);
  assert.deepEqual(late, ["b"]);
  await clock.advance(899);
  assert.deepEqual(late, ["b"]);
  await clock.advance(1);
  assert.deepEqual(late, ["b", "a"]);
});

test("those who come one after the other are told of at most 50 ms late", async () => {
  const { clock, deadlines, late } = open();
  for (const who of ["0 ms", "10 ms", "20 ms", "500 ms"]) {
    deadlines.set(who, 1_000);
    await clock.advance(10);
  }
  await clock.advance(960);
  assert.deepEqual(late, ["0 ms"]);
  await clock.advance(50);
  assert.deepEqual(late, ["0 ms", "10 ms", "20 ms", "500 ms"]);
});

test("a line that was empty for long is watched again, and nothing is left behind of it", async () => {
  const { clock, deadlines, late } = open();
  deadlines.set("a", 1_000);
  deadlines.lift("a");
  await clock.advance(10_000);
  assert.equal(clock.waiting, 0);
  deadlines.set("b", 1_000);
  await clock.advance(1_000);
  assert.deepEqual(late, ["b"]);
  assert.equal(clock.waiting, 0);
});

test("whoever is told of may be waited for again at once", async () => {
  const clock = new VirtualClock();
  const late: string[] = [];
  const deadlines: Deadlines<string> = new Deadlines(clock, (who) => {
    late.push(who);
    if (late.length < 3) deadlines.set(who, 1_000);
  });
  deadlines.set("a", 1_000);
  await clock.advance(5_000);
  assert.deepEqual(late, ["a", "a", "a"]);
});

function open() {
  const clock = new VirtualClock();
  const late: string[] = [];
  const deadlines = new Deadlines<string>(clock, (who) => late.push(who));
  return { clock, deadlines, late };
}
