import assert from "node:assert/strict";
import fc from "fast-check";
import { callId, connectionId } from "../ids.ts";
import type { Pair } from "../call-changes.ts";
import type { Held } from "../held.ts";
import type { Store } from "../store.ts";
import { unreachable } from "../unreachable.ts";
import { CallModel, type CallAction } from "./call-model.fixture.ts";
import {
  accepted,
  asking,
  at,
  attached,
  claiming,
  end,
  enrolment,
  idOf,
  keyOf,
  opening,
  outcome,
  type On,
} from "./store.fixture.ts";

const FRESH = -1;
const ENDED = -1;
const NOBODY: Pair = { connection: connectionId("nobody"), generation: 0 };
const NO_OPERATION = "f";

// Pairs and calls are counted from the newest back, operations from the oldest that is open. Mostly what can go well, so
// that a run gets somewhere, and what is old or wrong often enough.
const operation = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, ENDED);
const pair = fc.constantFrom(0, 0, 0, 0, 1);
const call = fc.constantFrom(0, 0, 0, 1);
const claimed = fc.constantFrom(FRESH, FRESH, FRESH, 0, 1);
const step = fc.oneof(
  { arbitrary: fc.record({ type: fc.constantFrom("open", "attach") }), weight: 2 },
  { arbitrary: fc.record({ type: fc.constant("accept"), reads: fc.boolean() }), weight: 2 },
  { arbitrary: fc.record({ type: fc.constant("claim"), operation, pair, call: claimed }), weight: 6 },
  {
    arbitrary: fc.record({ type: fc.constant("record"), operation, pair, call, last: fc.boolean() }),
    weight: 6,
  },
  fc.record({ type: fc.constant("release"), operation, pair, call }),
  fc.record({ type: fc.constant("end"), operation, pair, from: fc.constantFrom("queued", "running") }),
  fc.record({ type: fc.constant("close"), pair }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const steps = fc.array(step, { minLength: 10, maxLength: 40 }).map((tried): readonly Step[] => {
  const work = [true, true, false].map((reads) => ({ type: "accept", reads }) as const);
  return [{ type: "open" }, ...work, ...tried];
});

/** However the holders of connections, old and new, act in turn: the store does what a few lines of plain code say. */
export function interleavingsSuite(on: On): void {
  on(
    "however connections, claims, releases and outcomes follow each other, one write is out, or reads alone",
    async (store) => {
      let runs = 0;
      const property = fc.asyncProperty(steps, async (tried) => {
        runs += 1;
        const run = new Run(store, String(runs));
        await store.commit("enrol-device", enrolment(run.serialNumber));
        for (const each of tried) await run.take(each);
        await run.compare();
      });
      await fc.assert(property, { numRuns: 60 });
    },
  );
}

/** One device's way through the steps, in the store and in the model. */
class Run {
  readonly serialNumber: string;
  readonly #store: Store;
  readonly #model = new CallModel();
  readonly #pairs: Pair[] = [];
  #calls = 0;

  constructor(store: Store, serialNumber: string) {
    this.#store = store;
    this.serialNumber = serialNumber;
  }

  get #key() {
    return keyOf(this.serialNumber);
  }

  /** The connection that may be opened next. */
  get #connection(): string {
    return `c${this.serialNumber}-${this.#pairs.length}`;
  }

  async take(each: Step): Promise<void> {
    switch (each.type) {
      case "open":
        return this.#open();
      case "attach":
        this.#pairs.push(await attached(this.#store, this.#key, this.#connection));
        this.#model.opened(this.#pair(0), true);
        return;
      case "accept": {
        const digit = `${this.serialNumber}0${this.#model.operations.length}`;
        await accepted(this.#store, asking(this.#key, digit, { maxOpen: 100, reads: each.reads }));
        this.#model.accepted(digit, each.reads);
        return;
      }
      case "close": {
        const closing = this.#pair(each.pair);
        const { held } = await this.#store.commit("close-connection", {
          key: this.#key,
          ...closing,
          events: [],
        });
        assert.equal(held, this.#model.closed(closing), "close");
        return;
      }
      default: {
        const action = this.#actionOf(each);
        const { held } = await this.#commit(action);
        assert.equal(held, this.#model.took(action), JSON.stringify(action));
        if (held && action.type === "claim") this.#calls += 1;
      }
    }
  }

  async compare(): Promise<void> {
    const open = await this.#store.openOperations(this.#key);
    assert.deepEqual(
      open.map(({ id, state, attempts, claim }) => ({ id, state, attempts, out: claim?.callId })),
      this.#model.open.map(({ digit, attempts, out }) => {
        return { id: idOf(digit), state: out === undefined ? "queued" : "running", attempts, out };
      }),
    );
  }

  #actionOf(each: Exclude<Step, { type: "open" | "attach" | "accept" | "close" }>): CallAction {
    const ended = this.#model.operations.findLast((one) => one.ended !== undefined);
    const chosen = each.operation === ENDED ? ended : this.#model.open[each.operation];
    const named = chosen?.digit ?? NO_OPERATION;
    const holder = this.#pair(each.pair);
    if (each.type === "end") return { ...each, operation: named, pair: holder };
    const said = String(this.#calls - 1 - each.call);
    return { ...each, operation: named, call: said, pair: holder };
  }

  /** A session that opens beside a light connection is noted, and gets no calls. */
  async #open(): Promise<void> {
    const opened = await this.#store.commit("open-connection", opening(this.#key, this.#connection));
    assert.equal(opened.type, this.#model.isLight ? "noted" : "opened");
    if (opened.type !== "opened") return;
    const { generation } = opened.device;
    this.#pairs.push({ connection: connectionId(this.#connection), generation });
    this.#model.opened(this.#pair(0), false);
  }

  #pair(back: number): Pair {
    return this.#pairs.at(-1 - back) ?? NOBODY;
  }

  #commit(action: CallAction): Promise<Held> {
    const [store, key] = [this.#store, this.#key];
    const digit = action.operation;
    switch (action.type) {
      case "claim":
        return store.commit("claim-call", claiming(key, digit, action));
      case "release": {
        const { generation } = action.pair;
        const release = { operation: idOf(digit), callId: callId(action.call), generation, events: [] };
        return store.commit("release-call", release);
      }
      case "record": {
        const end = action.last ? { end: { state: "done", at: at(50) } as const } : {};
        return store.commit(
          "record-outcome",
          outcome(key, digit, { ...action.pair, call: action.call, ...end }),
        );
      }
      case "end":
        return end(store, [key, digit], { from: action.from, generation: action.pair.generation });
      default:
        return unreachable(action);
    }
  }
}
