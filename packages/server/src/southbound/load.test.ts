import assert from "node:assert/strict";
import { test } from "node:test";
import { decideLoad } from "./load.ts";
import type { Load, LoadDecision, LoadState } from "./load.ts";

const BOUNDS = { maxOpening: 100, maxLate: 10, maxLagMs: 500 };
const AT_REST: Load = { opening: 0, late: 0, loop: { lagMs: 0, utilization: 0 } };
const TAKING: LoadState = { name: "taking" };
const REFUSING: LoadState = { name: "refusing", since: 1_000 };

function decided(state: LoadState, load: Partial<Load>, { now = 1_000, chance = 0 } = {}): LoadDecision {
  return decideLoad(state, { load: { ...AT_REST, ...load }, now, chance }, BOUNDS);
}

const loop = (lagMs: number, utilization = 1): Partial<Load> => ({ loop: { lagMs, utilization } });

const figures: readonly (readonly [
  kind: string,
  enough: Partial<Load>,
  much: Partial<Load>,
  half: Partial<Load>,
])[] = [
  ["too many on their way in", { opening: 99 }, { opening: 100 }, { opening: 49 }],
  ["too many that wait for long", { late: 9 }, { late: 10 }, { late: 4 }],
  ["an event loop that comes late for want of time", loop(499), loop(500), loop(249)],
];
for (const [kind, enough, much, half] of figures) {
  test(`${kind} shut the door, and less than half of that opens it again`, () => {
    assert.deepEqual(decided(TAKING, enough), { state: TAKING, verdict: { type: "admit" } });
    const shut = decided(TAKING, much);
    assert.deepEqual(shut.state, REFUSING);
    assert.equal(shut.verdict.type, "refuse");
    const still = decided(shut.state, enough, { now: 2_000 });
    assert.deepEqual(still.state, REFUSING);
    assert.equal(still.verdict.type, "refuse");
    assert.deepEqual(decided(still.state, half), { state: TAKING, verdict: { type: "admit" } });
  });
}

test("an event loop that comes late and sleeps most of the time shuts nothing: others have the machine", () => {
  assert.deepEqual(decided(TAKING, loop(5_000, 0.5)).verdict, { type: "admit" });
});

test("who is sent away is told to come again within half a minute and one and a half, each at another time", () => {
  const seconds = [0, 0.5, 0.999].map((chance) => decided(TAKING, { opening: 100 }, { chance }).verdict);
  assert.deepEqual(
    seconds,
    [30, 60, 89].map((retryAfterSeconds) => ({ type: "refuse", retryAfterSeconds })),
  );
});

test("the longer the ACS refuses, the wider devices are strewn, up to ten minutes", () => {
  const after = (seconds: number): unknown =>
    decided(REFUSING, { opening: 100 }, { now: 1_000 + seconds * 1_000, chance: 0.5 }).verdict;
  assert.deepEqual(
    [60, 120, 600, 86_400].map(after),
    [60, 90, 330, 330].map((retryAfterSeconds) => ({ type: "refuse", retryAfterSeconds })),
  );
});

test("a clock that jumped back makes no time to come again that is shorter", () => {
  const { verdict } = decided(REFUSING, { opening: 100 }, { now: 0, chance: 0 });
  assert.deepEqual(verdict, { type: "refuse", retryAfterSeconds: 30 });
});
