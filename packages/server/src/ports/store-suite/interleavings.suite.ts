import assert from "node:assert/strict";
import fc from "fast-check";
import { callId, connectionId } from "../ids.ts";
import type { Held, Pair, Store } from "../store.ts";
import {
  accepted,
  asking,
  at,
  claiming,
  connected,
  ending,
  enrolment,
  idOf,
  keyOf,
  outcome,
  type On,
} from "./store.fixture.ts";

/**
 * One thing that somebody does. Pairs and calls are counted from the newest back, so that what is old or wrong is tried as
 * well, and operations from the oldest that is open; a call may be a fresh one, an operation one that ended.
 */
type Step =
  | { readonly type: "open" | "accept" }
  | { readonly type: "close"; readonly pair: number }
  | { readonly type: "claim"; readonly operation: number; readonly pair: number; readonly call: number }
  | { readonly type: "release"; readonly operation: number; readonly call: number }
  | {
      readonly type: "record";
      readonly operation: number;
      readonly pair: number;
      readonly call: number;
      readonly last: boolean;
    }
  | { readonly type: "end"; readonly operation: number; readonly from: "queued" | "running" };

const FRESH = -1;
const ENDED = -1;

// Mostly what can go well, so that a run gets somewhere, and every other choice often enough.
const operation = fc.constantFrom(0, 0, 0, 0, 1, ENDED);
const pair = fc.constantFrom(0, 0, 0, 0, 1);
const call = fc.constantFrom(0, 0, 0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constantFrom("open", "accept") }), weight: 3 },
  {
    arbitrary: fc.record({
      type: fc.constant("claim"),
      operation,
      pair,
      call: fc.constantFrom(FRESH, FRESH, FRESH, 0, 1),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({ type: fc.constant("record"), operation, pair, call, last: fc.boolean() }),
    weight: 6,
  },
  fc.record({ type: fc.constant("release"), operation, call }),
  fc.record({ type: fc.constant("end"), operation, from: fc.constantFrom("queued", "running") }),
  fc.record({ type: fc.constant("close"), pair }),
);
const beginning: readonly Step[] = [{ type: "open" }, { type: "accept" }, { type: "accept" }];

/** However the holders of connections, old and new, act in turn: the store does what a few lines of plain code say. */
export function interleavingsSuite(on: On): void {
  on(
    "however claims, releases, outcomes and connections follow each other, one call is out, and its holder's",
    async (store) => {
      let runs = 0;
      const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        runs += 1;
        await play(store, String(runs), [...beginning, ...steps]);
      });
      await fc.assert(property, { numRuns: 60 });
    },
  );
}

async function play(store: Store, serialNumber: string, steps: readonly Step[]): Promise<void> {
  const key = keyOf(serialNumber);
  await store.commit("enrol-device", enrolment(serialNumber));
  const model = new Model(serialNumber);
  for (const each of steps) {
    const actual = await act(store, model, each);
    const expected = model.take(each);
    model.next(each, actual);
    assert.equal(actual, expected, `${JSON.stringify(each)} of ${JSON.stringify(steps)}`);
  }
  const open = await store.openOperations(key);
  assert.deepEqual(
    open.map(({ id, state, attempts, claim }) => ({ id, state, attempts, call: claim?.callId })),
    model.open.map(({ digit, attempts, out }) => ({
      id: idOf(digit),
      state: out === undefined ? "queued" : "running",
      attempts,
      call: out,
    })),
  );
}

/** Does the step for good, and gives whether it was held. */
async function act(store: Store, model: Model, each: Step): Promise<boolean> {
  const { key } = model;
  switch (each.type) {
    case "open":
      model.pairs.push(await connected(store, key, `c${model.serialNumber}-${model.pairs.length}`));
      return true;
    case "accept":
      await accepted(store, asking(key, model.digitOf(model.operations.length), { maxOpen: 100 }));
      return true;
    default:
      return (await ask(store, model, each)).held;
  }
}

async function ask(
  store: Store,
  model: Model,
  each: Exclude<Step, { type: "open" | "accept" }>,
): Promise<Held> {
  const { key } = model;
  if (each.type === "close") return store.commit("close-connection", { key, ...model.pair(each.pair) });
  const digit = model.chosen(each.operation)?.digit ?? "f";
  switch (each.type) {
    case "claim": {
      const pair = model.pair(each.pair);
      return store.commit("claim-call", claiming(key, digit, { pair, call: model.call(each.call) }));
    }
    case "release": {
      const operation = idOf(digit);
      return store.commit("release-call", { operation, callId: callId(model.call(each.call)), events: [] });
    }
    case "record": {
      const change = { ...model.pair(each.pair), call: model.call(each.call), ...(each.last ? { end } : {}) };
      return store.commit("record-outcome", outcome(key, digit, change));
    }
    case "end":
      return store.commit("end-operation", ending(key, digit, { from: each.from }));
  }
}

const end = { state: "done", at: at(50) } as const;

interface Tracked {
  readonly digit: string;
  attempts: number;
  out: string | undefined;
  released: string | undefined;
  readonly recorded: Set<string>;
  ended: "cancelled" | "done" | undefined;
}

/** What the store promises of one device's calls, in plain code. */
class Model {
  readonly serialNumber: string;
  readonly pairs: Pair[] = [];
  readonly operations: Tracked[] = [];
  #opened = 0;
  #calls = 0;
  #isOpen = false;

  constructor(serialNumber: string) {
    this.serialNumber = serialNumber;
  }

  get key() {
    return keyOf(this.serialNumber);
  }

  get open(): readonly Tracked[] {
    return this.operations.filter(({ ended }) => ended === undefined);
  }

  /** An open operation, or the last that ended. */
  chosen(operation: number): Tracked | undefined {
    const ended = this.operations.filter((each) => each.ended !== undefined);
    return operation === ENDED ? ended.at(-1) : this.open[operation];
  }

  digitOf(operation: number): string {
    return `${this.serialNumber}0${operation}`;
  }

  call(back: number): string {
    return String(this.#calls - 1 - back);
  }

  pair(back: number): Pair {
    return this.pairs[this.pairs.length - 1 - back] ?? NOBODY;
  }

  take(each: Step): boolean {
    switch (each.type) {
      case "open":
        this.#opened += 1;
        this.#isOpen = true;
        return true;
      case "accept":
        this.operations.push(fresh(this.digitOf(this.operations.length)));
        return true;
      case "close":
        if (!this.#holds(each.pair)) return false;
        this.#isOpen = false;
        return true;
      default:
        return this.#takeCall(each, this.chosen(each.operation));
    }
  }

  /** Counts what the step used up. */
  next(each: Step, held: boolean): void {
    if (held && each.type === "claim" && each.call === FRESH) this.#calls += 1;
  }

  #holds(back: number): boolean {
    return back === 0 && this.#opened > 0;
  }

  #takeCall(
    each: Exclude<Step, { type: "open" | "accept" | "close" }>,
    operation: Tracked | undefined,
  ): boolean {
    if (operation === undefined) return false;
    switch (each.type) {
      case "claim":
        return this.#claim(operation, each);
      case "release":
        return release(operation, this.call(each.call));
      case "record":
        return this.#record(operation, each);
      case "end": {
        if (operation.ended !== undefined) return operation.ended === "cancelled";
        if ((operation.out === undefined ? "queued" : "running") !== each.from) return false;
        finish(operation, "cancelled");
        return true;
      }
    }
  }

  #claim(operation: Tracked, each: { readonly call: number; readonly pair: number }): boolean {
    const call = this.call(each.call);
    if (operation.out === call) return true;
    const isFree = operation.ended === undefined && operation.out === undefined && this.open[0] === operation;
    const isUsed = operation.released === call || operation.recorded.has(call);
    if (!isFree || isUsed || !this.#isOpen || !this.#holds(each.pair)) return false;
    operation.out = call;
    operation.attempts += 1;
    return true;
  }

  #record(
    operation: Tracked,
    each: { readonly call: number; readonly pair: number; readonly last: boolean },
  ): boolean {
    const call = this.call(each.call);
    if (operation.recorded.has(call)) return true;
    if (operation.out !== call || !this.#holds(each.pair)) return false;
    operation.recorded.add(call);
    operation.released = undefined;
    operation.out = undefined;
    if (each.last) finish(operation, "done");
    else operation.attempts = 0;
    return true;
  }
}

const NOBODY = { connection: connectionId("nobody"), generation: 0 };

function fresh(digit: string): Tracked {
  return { digit, attempts: 0, out: undefined, released: undefined, recorded: new Set(), ended: undefined };
}

function release(operation: Tracked, call: string): boolean {
  if (operation.out !== call)
    return operation.ended === undefined && operation.released === call && operation.out === undefined;
  operation.out = undefined;
  operation.released = call;
  return true;
}

function finish(operation: Tracked, how: "cancelled" | "done"): void {
  operation.ended = how;
  operation.out = undefined;
}
