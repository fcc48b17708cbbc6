import assert from "node:assert/strict";
import { test } from "node:test";
import { decideLoad, retryAfterSeconds } from "./load.ts";
import type { Load, LoadState } from "./load.ts";

const BOUNDS = { maxOpening: 100, maxLate: 10, maxLagMs: 500 };
const AT_REST: Load = { opening: 0, late: 0, loop: { lagMs: 0, utilization: 0 } };
const TAKING: LoadState = { name: "taking" };
const REFUSING: LoadState = { name: "refusing", since: 1_000 };

function decided(state: LoadState, load: Partial<Load>, now = 1_000): LoadState {
  return decideLoad(state, { load: { ...AT_REST, ...load }, now }, BOUNDS);
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
    assert.deepEqual(decided(TAKING, enough), TAKING);
    const shut = decided(TAKING, much);
    assert.deepEqual(shut, REFUSING);
    const still = decided(shut, enough, 2_000);
    assert.deepEqual(still, REFUSING);
    assert.deepEqual(decided(still, half), TAKING);
  });
}

test("an event loop that comes late and sleeps most of the time shuts nothing: others have the machine", () => {
  assert.deepEqual(decided(TAKING, loop(5_000, 0.5)), TAKING);
});

test("who is sent away is told to come again after five seconds and as many as devices are strewn over, each at another time", () => {
  const told = [0, 0.5, 0.999].map((chance) =>
    retryAfterSeconds({ refusingForMs: 0, spreadSeconds: 50, chance }),
  );
  assert.deepEqual(told, [5, 30, 54]);
});

test("the longer the ACS refuses, the wider devices are strewn, up to ten minutes", () => {
  const after = (seconds: number): number =>
    retryAfterSeconds({ refusingForMs: seconds * 1_000, spreadSeconds: 10, chance: 0.5 });
  assert.deepEqual([0, 60, 600, 86_400].map(after), [10, 35, 305, 305]);
});

test("a clock that jumped back makes no time to come again that is shorter", () => {
  assert.equal(retryAfterSeconds({ refusingForMs: -60_000, spreadSeconds: 10, chance: 0 }), 5);
});
