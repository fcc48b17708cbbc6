import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "@heliograph/api";
import { reckon, reckonEach, type Run } from "./ledgers.ts";
import type { Accepted, Asked } from "./load.ts";

const DEVICE = "F0F0F0-Machines-A1";

function accepted(id: string, method: Asked = "AddObject"): Accepted {
  return { id, device: DEVICE, method, mark: `mark of ${id}` };
}

function runOf({ device, method, mark }: Accepted): Run {
  return { device, method, mark };
}

function ended(...all: readonly Accepted[]): ReadonlyMap<string, Operation> {
  return new Map(all.map(({ id, method }) => [id, operation(id, method)]));
}

function operation(id: string, method: string): Operation {
  const at = "2026-11-28T00:00:00.000Z";
  const call = { rpcs: [{ method, params: {} }], attempts: 1 };
  return { id, device: DEVICE, state: "done", ...call, created: at, expires: at, ended: at };
}

test("what was accepted, has ended and ran once is in order", () => {
  const one = accepted("one");
  const { lost, ranTwice, neverRan, unasked, states } = reckon({
    accepted: [one],
    runs: [runOf(one)],
    operations: ended(one),
  });
  assert.deepEqual([lost, ranTwice, neverRan, unasked], [[], [], [], []]);
  assert.deepEqual([...states], [["done", 1]]);
});

test("what was accepted and is not there any more is lost", () => {
  const one = accepted("one");
  const { lost } = reckon({ accepted: [one], runs: [runOf(one)], operations: ended() });
  assert.deepEqual(lost, [`AddObject mark of one of ${DEVICE} (one)`]);
});

test("a call that must not run twice is found where it did, and one that may is not", () => {
  const [once, often] = [accepted("once"), accepted("often", "SetParameterValues")];
  const runs = [once, often].flatMap((one) => [runOf(one), runOf(one)]);
  const { ranTwice } = reckon({ accepted: [once, often], runs, operations: ended(once, often) });
  assert.deepEqual(ranTwice, [`AddObject mark of once of ${DEVICE}: 2 times`]);
});

test("what is said to be done and no device wrote down never ran", () => {
  const one = accepted("one");
  const { neverRan } = reckon({ accepted: [one], runs: [], operations: ended(one) });
  assert.deepEqual(neverRan, [`AddObject mark of one of ${DEVICE} (one)`]);
});

test("what a device ran and nobody was promised is found", () => {
  const { unasked } = reckon({ accepted: [], runs: [runOf(accepted("one"))], operations: ended() });
  assert.deepEqual(unasked, [`AddObject mark of one of ${DEVICE}`]);
});

test("of parts each one is reckoned by itself, be it run later than it was accepted", () => {
  const [early, late] = [accepted("early"), accepted("late")];
  const parts = new Map([
    ["first", [early]],
    ["then", [late]],
  ]);
  const each = reckonEach(parts, {
    runs: [runOf(late), runOf(early), runOf(late)],
    operations: ended(early),
  });
  const counts = [...each].map(([name, { ran, lost, ranTwice }]) => [
    name,
    ran,
    lost.length,
    ranTwice.length,
  ]);
  assert.deepEqual(counts, [
    ["first", 1, 0, 0],
    ["then", 2, 1, 1],
  ]);
});
