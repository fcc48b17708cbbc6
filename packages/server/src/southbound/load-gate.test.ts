import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import type { LogFields } from "../ports/index.ts";
import { LoadGate } from "./load-gate.ts";
import type { LoadBounds, LoopSample } from "./load.ts";

interface Bench {
  readonly gate: LoadGate;
  readonly clock: VirtualClock;
  readonly said: readonly (readonly [event: string, fields: LogFields | undefined])[];
  /** What the event loop is found to be from now on. */
  loop: LoopSample;
  /** Somebody begins to come in; gives what ends it. */
  enter(): () => Promise<void>;
  judge(): string;
}

function openBench(bounds: Partial<LoadBounds>): Bench {
  const clock = new VirtualClock();
  const said: [string, LogFields | undefined][] = [];
  const say = (event: string, fields?: LogFields): void => void said.push([event, fields]);
  const random = { hex: () => "", fraction: () => 0 };
  const log = { info: say, warn: say, error: say };
  const bench: Bench = {
    clock,
    said,
    loop: { lagMs: 0, utilization: 0 },
    gate: new LoadGate({ clock, random, log, eventLoop: { sample: () => bench.loop } }, bounds),
    enter() {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const during = this.gate.during(promise);
      return async () => {
        resolve(undefined);
        await during;
      };
    },
    judge() {
      return this.gate.judge().type;
    },
  };
  return bench;
}

test("whoever is still on the way in counts, and whoever has come in, or failed to, does not", async () => {
  const bench = openBench({ maxOpening: 2 });
  const first = bench.enter();
  assert.equal(bench.judge(), "admit");
  const second = bench.enter();
  assert.equal(bench.judge(), "refuse");
  await Promise.all([first(), second()]);
  assert.equal(bench.judge(), "admit");
  await assert.rejects(bench.gate.during(Promise.reject(new Error("no engine"))), /no engine/);
  await bench.gate.during(Promise.resolve(1));
  const last = bench.enter();
  assert.equal(bench.judge(), "admit");
  await last();
});

test("those who have waited for three seconds count as late", async () => {
  const bench = openBench({ maxLate: 2 });
  const ends = [bench.enter(), bench.enter()];
  await bench.clock.advance(2_000);
  ends.push(bench.enter());
  assert.equal(bench.judge(), "admit");
  await bench.clock.advance(1_000);
  assert.equal(bench.judge(), "refuse");
  for (const end of ends) await end();
  assert.equal(bench.judge(), "admit");
});

test("the event loop is looked at once a second", async () => {
  const bench = openBench({ maxLagMs: 500 });
  bench.loop = { lagMs: 600, utilization: 1 };
  assert.equal(bench.judge(), "admit");
  await bench.clock.advance(1_000);
  assert.equal(bench.judge(), "refuse");
  bench.loop = { lagMs: 0, utilization: 0.1 };
  await bench.clock.advance(999);
  assert.equal(bench.judge(), "refuse");
  await bench.clock.advance(1);
  assert.equal(bench.judge(), "admit");
});

test("the log says once that the door is shut, and once that it is open again, with how many were sent away", async () => {
  const bench = openBench({ maxOpening: 1 });
  const end = bench.enter();
  for (let count = 0; count < 1_000; count += 1) bench.judge();
  assert.deepEqual(bench.said, [["overloaded", { opening: 1, late: 0, lagMs: 0 }]]);
  await end();
  for (let count = 0; count < 1_000; count += 1) bench.judge();
  assert.deepEqual(bench.said.slice(1), [
    ["overload-over", { opening: 0, late: 0, lagMs: 0, refused: 1_000 }],
  ]);
});

test("a door that swings all the time says so sixty times a minute at most", async () => {
  const bench = openBench({ maxOpening: 1 });
  for (let count = 0; count < 500; count += 1) {
    const end = bench.enter();
    bench.judge();
    await end();
    bench.judge();
  }
  assert.equal(bench.said.length, 120);
});
