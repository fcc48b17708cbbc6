import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { afterJump, jumpSince, leadOf } from "./clock-jump.ts";
import { key } from "./device.fixture.ts";
import { Bench, get, SETTINGS } from "./engine-bench.fixture.ts";

const HOUR_MS = 3_600_000;
const jumps = [
  ["back an hour", -HOUR_MS],
  ["forward a day", 24 * HOUR_MS],
] as const;
/** The pause after a first connection request that brought no session. */
const PAUSE_MS = 30_000;
const offer = { url: "ws://127.0.0.1/light", subprotocol: "cwmp.json", byParameter: false } as const;

for (const [where, ms] of jumps) {
  test(`a clock that is set ${where} neither hurries nor delays the next connection request`, async (t) => {
    const bench = await Bench.open(t);
    await bench.accepted([get], { expiresAt: bench.clock.now() + 48 * HOUR_MS });
    await bench.idle();
    assert.equal(bench.wakes, 1);
    bench.clock.jump(ms);
    // Something else makes the device look at the time.
    await bench.accepted([get], { expiresAt: bench.clock.now() + 48 * HOUR_MS });
    await bench.clock.advance(PAUSE_MS - 1);
    await bench.idle();
    assert.equal(bench.wakes, 1);
    await bench.clock.advance(1);
    await bench.idle();
    assert.equal(bench.wakes, 2);
  });

  test(`a clock that is set ${where} gives a device that was referred no more time and no less`, async (t) => {
    const bench = await Bench.open(t);
    const session = await bench.inform([], { offer });
    session.close();
    await bench.idle();
    bench.clock.jump(ms);
    await bench.accepted([get], { expiresAt: bench.clock.now() + HOUR_MS });
    await bench.clock.advance(SETTINGS.lightGraceMs - 1);
    await bench.idle();
    assert.equal((await bench.store.device(key))?.light?.lapsed, false);
    await bench.clock.advance(1);
    while ((await bench.store.device(key))?.light?.lapsed !== true) await setImmediate();
  });
}

test("an operation ends at the time of day that it was given, also where the clock was set to that", async (t) => {
  const bench = await Bench.open(t);
  const operation = await bench.accepted([get], { expiresAt: bench.clock.now() + HOUR_MS });
  await bench.idle();
  bench.clock.jump(2 * HOUR_MS);
  await bench.clock.advance(PAUSE_MS);
  await bench.until(operation.id, "expired");
});

test("events stay in the order in which they came, whatever the clock was set to between them", async (t) => {
  const bench = await Bench.open(t);
  const came = ["0", "back", "forward", "back again"];
  for (const [index, commandKey] of came.entries()) {
    bench.clock.jump([0, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS][index] ?? 0);
    (await bench.inform([{ code: "M Reboot", commandKey }])).close();
  }
  await bench.idle();
  const told = (await bench.store.events({ after: 0, limit: 100 })).filter(({ name }) => name === "m-reboot");
  assert.deepEqual(
    told.map(({ data }) => data["commandKey"]),
    came,
  );
});

test("a clock that is slewed is not taken for one that jumped", () => {
  const clock = new VirtualClock();
  const lead = leadOf(clock);
  clock.jump(999);
  assert.equal(jumpSince(lead, clock), 0);
  clock.jump(1);
  assert.equal(jumpSince(lead, clock), 1_000);
  clock.jump(-5_000);
  assert.equal(jumpSince(lead, clock), -4_000);
});

test("what waits moves with the clock, what has an end by the time of day does not", () => {
  const wake = { attempts: 2, last: { at: 5, result: "unreachable", detail: "d" }, nextAt: 7 } as const;
  const state = {
    key,
    generation: 1,
    queue: [],
    out: [],
    wake,
    attaches: true,
    graceUntil: 10,
    owedUntil: 20,
  };
  const moved = { ...wake, last: { ...wake.last, at: 105 }, nextAt: 107 };
  assert.deepEqual(afterJump(state, 100), { ...state, wake: moved, graceUntil: 110, owedUntil: 120 });
  const bare = { key, generation: 1, queue: [], out: [], wake: { attempts: 0 }, attaches: false };
  assert.deepEqual(afterJump(bare, 100), bare);
});
