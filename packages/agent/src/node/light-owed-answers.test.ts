import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "@heliograph/testkit";
import type { Handlers } from "../dispatch.ts";
import { openLightBench } from "./light-bench.fixture.ts";

/** A method that takes its time: the test ends each run with its result. */
function slow(): { readonly handlers: Handlers; readonly runs: Arrivals<(result: number) => void> } {
  const runs = new Arrivals<(result: number) => void>("a run");
  const handlers: Handlers = {
    X_00D09E_Measure: async () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      runs.add(resolve);
      return { result: { Value: await promise } };
    },
  };
  return { handlers, runs };
}

test("an answer that came too late for its socket leaves after the next Attach [LIGHT-LOSS-2]", async () => {
  const { handlers, runs } = slow();
  await using it = await openLightBench();
  const first = await it.attach({ handlers });
  first.call("a1", "X_00D09E_Measure");
  const end = await runs.take();
  first.drop();
  await it.detached();
  end(7);
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.socket();
  const { id } = await next.asked("Attach");
  await next.settled();
  assert.equal(next.untaken, 0, "nothing before Attach was answered");
  next.answer(id, {
    Session: "s",
    Token: "t",
    ExpiresIn: 600,
    PingInterval: 0,
    MaxInFlight: 8,
    MaxMessageBytes: 1_048_576,
  });
  assert.deepEqual(await next.replied("a1"), { Value: 7 });
});

test("a call that is asked again on the next socket while it runs is answered once, when it is done [LIGHT-LOSS-3]", async () => {
  const { handlers, runs } = slow();
  await using it = await openLightBench();
  const first = await it.attach({ handlers });
  first.call("a1", "X_00D09E_Measure");
  const end = await runs.take();
  first.drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.attached();
  next.call("a1", "X_00D09E_Measure");
  await next.settled();
  end(7);
  assert.deepEqual(await next.replied("a1"), { Value: 7 });
  await next.settled();
  assert.deepEqual([next.untaken, runs.untaken], [0, 0]);
});

test("a call that was answered on the socket before is not run again [LIGHT-LOSS-3]", async () => {
  let count = 0;
  await using it = await openLightBench();
  const first = await it.attach({
    handlers: { X_00D09E_Count: () => ({ result: { Count: (count += 1) } }) },
  });
  first.call("a1", "X_00D09E_Count");
  assert.deepEqual(await first.replied("a1"), { Count: 1 });
  first.drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.attached();
  next.call("a1", "X_00D09E_Count");
  assert.deepEqual(await next.replied("a1"), { Count: 1 });
  next.call("a2", "X_00D09E_Count");
  assert.deepEqual(await next.replied("a2"), { Count: 2 });
});

test("a reboot forgets what was answered [LIGHT-LOSS-3]", async () => {
  let count = 0;
  await using it = await openLightBench();
  const first = await it.attach({
    handlers: { X_00D09E_Count: () => ({ result: { Count: (count += 1) } }) },
  });
  first.call("a1", "X_00D09E_Count");
  assert.deepEqual(await first.replied("a1"), { Count: 1 });
  first.call("a2", "Reboot");
  assert.deepEqual(await first.replied("a2"), {});
  await first.ends.take();
  await it.classic.clock.advance(1_000);
  const next = await it.sockets.attached();
  next.call("a1", "X_00D09E_Count");
  assert.deepEqual(await next.replied("a1"), { Count: 2 });
});

test("the device's own ids are not used again on the next socket [LIGHT-LOSS-1]", async () => {
  await using it = await openLightBench();
  it.offer();
  await it.start();
  const first = await it.sockets.socket();
  const { id } = await first.asked("Attach");
  first.drop();
  await it.detached();
  await it.classic.clock.advance(5_000);
  const next = await it.sockets.socket();
  assert.notEqual((await next.asked("Attach")).id, id);
});
