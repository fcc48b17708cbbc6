import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { asJson } from "../../../test/light-gateway-bench.ts";
import { callId } from "../../ports/index.ts";
import type { CallOutcome } from "../../ports/index.ts";
import { InFlight } from "./in-flight.ts";
import { jsonCodec } from "./json-codec.ts";

const codec = jsonCodec(1024 * 1024);
const a1 = callId("a1");

interface Flying {
  readonly clock: VirtualClock;
  readonly inFlight: InFlight;
  readonly ends: () => number;
  readonly take: (id: string) => Promise<CallOutcome>;
}

function flying(): Flying {
  const clock = new VirtualClock();
  let ends = 0;
  const inFlight = new InFlight({ clock, callTimeoutMs: 60_000, remembers: true, onEnd: () => (ends += 1) });
  return {
    clock,
    inFlight,
    ends: () => ends,
    take: (id) => {
      const call = { callId: callId(id), method: "AddObject", params: { ObjectName: "Device.X." } };
      return inFlight.take(call, codec.writeCall(call), 7);
    },
  };
}

test("an answer ends the call that it names, read by the call's method", async () => {
  const { inFlight, take } = flying();
  const outcome = take("a1");
  inFlight.left(a1);
  const landing = inFlight.land("a1", { result: { InstanceNumber: 3, Status: 0, More: true } });
  const answered = { type: "answered", outcome: { result: { InstanceNumber: 3, Status: 0 } } };
  assert.deepEqual(asJson(landing), { generation: 7, ended: { callId: "a1", outcome: answered } });
  assert.deepEqual(asJson(await outcome), answered);
  assert.equal(inFlight.size, 0);
});

test("a fault ends it, too", async () => {
  const { inFlight, take } = flying();
  const outcome = take("a1");
  inFlight.left(a1);
  const fault = { code: 9005, message: "no such name" };
  inFlight.land("a1", { fault });
  assert.deepEqual(await outcome, { type: "answered", outcome: { fault } });
});

test("an answer that cannot be understood is none, and is not owed either", async () => {
  const { inFlight, take } = flying();
  const outcome = take("a1");
  inFlight.left(a1);
  inFlight.land("a1", { result: { InstanceNumber: "three" } });
  const ended = await outcome;
  assert.equal(ended.type, "no-answer");
  assert.match(ended.detail, /cannot be understood: [$]\.result\.InstanceNumber/);
  assert.equal(ended.owed, undefined);
});

test("an answer to a call that never left, or to none, ends nothing", () => {
  const { inFlight, take } = flying();
  void take("a1");
  assert.equal(inFlight.land("a1", { result: {} }), undefined);
  assert.equal(inFlight.land("a2", { result: {} }), undefined);
  assert.equal(inFlight.isOut("a1"), false);
  assert.equal(inFlight.size, 1);
});

test("a call that left ends without an answer in its time, counted from when it left", async () => {
  const { clock, inFlight, take } = flying();
  const outcome = take("a1");
  await clock.advance(100_000);
  inFlight.left(a1);
  await clock.advance(59_999);
  assert.equal(inFlight.size, 1);
  await clock.advance(1);
  assert.deepEqual(await outcome, { type: "no-answer", detail: "the device gave no answer within 60 s" });
});

test("the end of the connection leaves those owed that left, and the others unsent", async () => {
  const { clock, inFlight, take, ends } = flying();
  const [left, held] = [take("a1"), take("a2")];
  inFlight.left(a1);
  inFlight.endAll("the line was cut");
  assert.deepEqual(await left, { type: "no-answer", detail: "the line was cut", owed: true });
  assert.deepEqual(await held, { type: "not-sent" });
  assert.equal(ends(), 2);
  assert.equal(clock.waiting, 0);
});
