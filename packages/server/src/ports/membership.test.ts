import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { engineId } from "./ids.ts";
import { ALIVE_MS, SILENT_MS, watchEngines } from "./membership.ts";
import { subjects } from "./subjects.ts";

const [a, b] = [engineId("a"), engineId("b")];

test("an engine is there while it says so, and gone when it says so", async () => {
  const { say, watch, told, clock } = reader();
  say("b");
  say("a");
  await clock.advance(0);
  assert.deepEqual(watch.living(), [a, b]);
  say("b", { leaves: true });
  await clock.advance(0);
  assert.deepEqual(told, ["b joined", "a joined", "b left"]);
  assert.deepEqual([watch.isLiving(a), watch.isLiving(b)], [true, false]);
});

test("an engine that is silent is gone after six seconds, and is told to be back when it speaks again", async () => {
  const { say, watch, told, clock } = reader();
  say("a");
  await clock.advance(0);
  await clock.advance(SILENT_MS - 1);
  assert.deepEqual(watch.living(), [a]);
  await clock.advance(ALIVE_MS);
  assert.deepEqual(watch.living(), []);
  say("a");
  await clock.advance(0);
  assert.deepEqual(told, ["a joined", "a left", "a is back"]);
});

test("an engine that goes on saying so is there", async () => {
  const { say, told, clock } = reader();
  for (let count = 0; count < 10; count += 1) {
    say("a");
    await clock.advance(ALIVE_MS);
  }
  assert.deepEqual(told, ["a joined"]);
});

test("a reader that stood still itself takes nobody for gone", async () => {
  const { say, watch, told, clock, standStill } = reader();
  say("a");
  await clock.advance(0);
  standStill(60_000);
  await clock.advance(ALIVE_MS);
  assert.deepEqual(watch.living(), [a]);
  assert.deepEqual(told, ["a joined", "stood still"]);
});

function reader() {
  const clock = new VirtualClock();
  let behind = 0;
  const own = {
    now: () => clock.now() + behind,
    elapsed: () => clock.elapsed() + behind,
    after: (delayMs: number, action: () => void) => clock.after(delayMs, action),
  };
  const bus = memoryBus({ clock, onError: assert.ifError });
  const told: string[] = [];
  const watch = watchEngines(
    { bus, clock: own },
    {
      joined: (engine, isBack) => told.push(isBack ? `${engine} is back` : `${engine} joined`),
      left: (engine) => told.push(`${engine} left`),
      stoodStill: () => told.push("stood still"),
    },
  );
  return {
    clock,
    watch,
    told,
    /** Time passes, and none of it is noticed before it did. */
    standStill: (ms: number) => {
      behind += ms;
    },
    say: (name: string, more: { readonly leaves?: true } = {}) => {
      const engine = engineId(name);
      bus.publish(subjects.alive(engine), { engine, ...more });
    },
  };
}
