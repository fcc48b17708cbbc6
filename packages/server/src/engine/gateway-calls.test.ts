import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import {
  callId,
  connectionId,
  gatewayId,
  subjects,
  type CallAsk,
  type CallOutcome,
  type CallReply,
  type Subscription,
} from "../ports/index.ts";
import { GatewayCalls } from "./gateway-calls.ts";

const GATEWAY = gatewayId("g");
const ASK: CallAsk = {
  device: "001122-Box-1" as DeviceKey,
  connection: connectionId("c"),
  generation: 1,
  call: { callId: callId("a1"), method: "Reboot", params: {} },
};
const AGAIN: CallAsk = { ...ASK, again: true };
const ANSWERED: CallReply = { type: "answered", outcome: { result: {} } };
const LOST = undefined;

test("a call is asked for once where the gateway says how it ended", async () => {
  await using bench = openBench(ANSWERED);
  assert.deepEqual(await bench.call(), ANSWERED);
  assert.deepEqual(bench.asked, [ASK]);
});

test("a call that takes long is asked about as long as the gateway says that it is under way", async () => {
  const replies = Array.from({ length: 20 }, (): CallReply => ({ type: "under-way" }));
  await using bench = openBench(...replies, ANSWERED);
  assert.deepEqual(await bench.call(), ANSWERED);
  assert.deepEqual(bench.asked, [ASK, ...replies.map(() => AGAIN)]);
});

test("what is lost on the way there or back is asked for again, in words by which no call leaves twice", async () => {
  await using bench = openBench(LOST, LOST, ANSWERED);
  const called = bench.call();
  await bench.clock.advance(12_000);
  assert.deepEqual(await called, ANSWERED);
  assert.deepEqual(bench.asked, [ASK, AGAIN, AGAIN]);
});

test("where the gateway is not there nothing left, and that is said at once", async () => {
  await using bench = openBench();
  bench.leave();
  await assert.rejects(bench.call(), { code: "E_NOBODY_THERE" });
});

test("a gateway that heard the question and is away is waited for: nobody knows what left", async () => {
  await using bench = openBench(LOST, ANSWERED);
  const called = bench.call();
  bench.leave();
  await bench.clock.advance(10_000);
  bench.comeBack();
  await bench.clock.advance(500);
  assert.deepEqual(await called, ANSWERED);
});

test("once the gateway may have forgotten how the call ended it is asked no more", async () => {
  await using bench = openBench({ type: "under-way" });
  const refused = assert.rejects(bench.call(), { code: "E_REQUEST_TIMED_OUT" });
  await bench.clock.advance(24_000);
  await refused;
  assert.equal(bench.asked.length, 4);
  await bench.clock.advance(60_000);
  assert.equal(bench.asked.length, 4);
});

test("a gateway that is away for good did not say what left", async () => {
  await using bench = openBench(LOST);
  const refused = assert.rejects(bench.call(), { code: "E_REQUEST_TIMED_OUT" });
  bench.leave();
  await bench.clock.advance(30_000);
  await refused;
});

test("a call that never ends is given up after its time", async () => {
  await using bench = openBench();
  bench.otherwise = { type: "under-way" };
  bench.mostMs = 0;
  await assert.rejects(bench.call(), { code: "E_REQUEST_TIMED_OUT" });
});

interface Bench extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** What the gateway was asked. */
  readonly asked: readonly CallAsk[];
  mostMs: number;
  /** What it replies once the others are used up. */
  otherwise: CallReply | typeof LOST;
  call(): Promise<CallOutcome>;
  leave(): void;
  comeBack(): void;
}

/** A gateway that replies so, in turn. */
function openBench(...replies: readonly (CallReply | typeof LOST)[]): Bench {
  const clock = new VirtualClock();
  const bus = memoryBus({ clock, onError: (error) => assert.fail(String(error)) });
  const left = [...replies];
  const asked: CallAsk[] = [];
  let serving: Subscription;
  const bench: Bench = {
    ...{ asked, clock },
    mostMs: 90_000,
    otherwise: LOST,
    call: () => new GatewayCalls({ bus, clock, mostMs: bench.mostMs }).call(GATEWAY, ASK),
    leave: () => {
      serving.unsubscribe();
    },
    comeBack: () => {
      serving = bus.serve(subjects.call(GATEWAY), (ask) => {
        asked.push(ask);
        const reply = left.length > 0 ? left.shift() : bench.otherwise;
        return reply === LOST ? Promise.withResolvers<CallReply>().promise : Promise.resolve(reply);
      });
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
  bench.comeBack();
  return bench;
}
