import { VirtualClock } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";
import { chance } from "./chance.ts";
import { Happenings, type Exposed } from "./happenings.ts";
import type { Trouble } from "./trouble.ts";

/** Devices that count what happens to them. */
function bench(...devices: readonly (readonly Trouble[])[]) {
  const clock = new VirtualClock();
  const counts = devices.map(() => ({ drifts: 0, drops: 0, cuts: 0 }));
  const happenings = new Happenings({
    clock,
    chance: chance("happenings"),
    changesPerHour: 60,
    troubleEveryMs: 60_000,
  });
  devices.forEach((troubles, index) => {
    const count = counts[index];
    assert.ok(count !== undefined);
    const device: Exposed = {
      blueprint: { troubles: new Set(troubles) },
      drift: () => void (count.drifts += 1),
      loseConnection: () => void (count.drops += 1),
      losePower: () => void (count.cuts += 1),
    };
    happenings.expose(device);
  });
  return { clock, happenings, counts };
}

test("over an hour values change as often as they are to, and nothing goes wrong by itself", async () => {
  const { clock, counts } = bench([], [], [], []);
  await clock.advance(3_600_000);
  const drifts = counts.map((count) => count.drifts);
  assert.ok(
    drifts.every((count) => count > 30 && count < 90),
    drifts.join(" "),
  );
  assert.ok(counts.every(({ drops, cuts }) => drops === 0 && cuts === 0));
});

test("connections break off and power is lost where that is the device's trouble", async () => {
  const { clock, counts } = bench(["dropping"], ["rebooting"], ["slow", "failing"]);
  await clock.advance(3_600_000);
  const [dropping, rebooting, other] = counts;
  assert.ok(dropping !== undefined && dropping.drops > 30 && dropping.drops < 90, String(dropping?.drops));
  assert.ok(rebooting !== undefined && rebooting.cuts > 30 && rebooting.cuts < 90, String(rebooting?.cuts));
  assert.deepEqual([dropping.cuts, rebooting.drops, other?.drops, other?.cuts], [0, 0, 0, 0]);
});

test("nothing happens any more once it is stopped", async () => {
  const { clock, counts, happenings } = bench(["dropping"]);
  happenings.stop();
  await clock.advance(3_600_000);
  assert.deepEqual(counts, [{ drifts: 0, drops: 0, cuts: 0 }]);
  assert.equal(clock.waiting, 0);
});
