import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DeviceWorld } from "./device-world.fixture.ts";

const GET = "GetParameterValues";
const METHODS = [GET, GET, "SetParameterValues", "AddObject", "Reboot", "X_00D09E_Dump"] as const;

const which = fc.nat(5);
const step = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant("accept"), method: fc.constantFrom(...METHODS) }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constantFrom("connect", "disconnect", "session", "ask") }), weight: 6 },
  {
    arbitrary: fc.record({
      type: fc.constant("attach"),
      maxInFlight: fc.constantFrom(1, 2, 8),
      replayWindow: fc.constantFrom(0, 0, 8),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      type: fc.constant("return"),
      which,
      how: fc.constantFrom("answered", "answered", "no-answer", "not-sent"),
    }),
    weight: 5,
  },
  { arbitrary: fc.record({ type: fc.constantFrom("hang-up", "rotate", "boot") }), weight: 2 },
  fc.record({ type: fc.constant("answer-late"), which }),
  fc.record({ type: fc.constant("restart") }),
  {
    arbitrary: fc.record({ type: fc.constant("pass"), seconds: fc.constantFrom(1, 31, 61, 3_601) }),
    weight: 2,
  },
);

test("whatever happens to a device, nothing runs twice, nothing passes a write, and all of its work ends [LIGHT-LOSS-4]", () => {
  const reads = [GET, GET].map((method) => ({ type: "accept", method }) as const);
  const stories = fc.array(step, { minLength: 5, maxLength: 60 }).map((steps) => [...reads, ...steps]);
  fc.assert(
    fc.property(fc.boolean(), stories, (lapsed, steps) => {
      const world = new DeviceWorld(lapsed);
      for (const each of steps) world.take(each);
      world.settle();
      assert.deepEqual(world.open, [], "a device that is back and answers has nothing left to do");
    }),
    { numRuns: 5_000 },
  );
});
