import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { tempDir, VirtualClock, type TempDir } from "@heliograph/testkit";
import type { NewEvent, Store } from "../ports/index.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { key } from "./device.fixture.ts";
import { startRetention } from "./retention.ts";

const DAY_MS = 86_400_000;

const LOG = { info: () => undefined, warn: assert.ifError, error: assert.ifError };
const KEPT = { eventsMs: DAY_MS, maxEvents: 1_000_000, operationsMs: DAY_MS, auditMs: DAY_MS };

test("what is older than the retention is gone a minute later, however much it is", async () => {
  using directory = tempDir();
  const clock = new VirtualClock();
  const old = events(2_500, clock.now() - 2 * DAY_MS);
  await using store = await storeWith(directory, [...old, ...events(1, clock.now())], clock);
  const retention = startRetention({ store, clock, log: LOG }, KEPT);
  await clock.advance(60_000);
  assert.deepEqual(await numbersOnceFewer(store, 2), [0], "the young one stays");
  retention.close();
});

test("a clock that is set forward makes nothing old, what is old goes all the same", async () => {
  using directory = tempDir();
  const clock = new VirtualClock();
  const old = events(2, clock.now() - 2 * DAY_MS);
  await using store = await storeWith(directory, [...old, ...events(3, clock.now())], clock);
  const retention = startRetention({ store, clock, log: LOG }, KEPT);
  clock.jump(400 * DAY_MS);
  await clock.advance(60_000);
  assert.deepEqual(await numbersOnceFewer(store, 4), [0, 1, 2]);
  retention.close();
});

interface DisposableStore extends Store, AsyncDisposable {}

async function storeWith(
  directory: TempDir,
  stored: readonly NewEvent[],
  clock: VirtualClock,
): Promise<DisposableStore> {
  const store = await openSqliteStore({ path: directory.file("heliograph.db"), thread: "caller" });
  await store.commit("enrol-device", {
    key,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" },
    approval: "approved",
    by: "open-enrolment",
    address: "127.0.0.1",
    at: clock.now(),
    maxWaiting: 1,
    maxWaitingPerAddress: 1,
    events: stored,
  });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

/** The numbers of what is left once that is fewer than `count`. */
async function numbersOnceFewer(store: Store, count: number): Promise<readonly unknown[]> {
  for (;;) {
    const left = await store.events({ after: 0, limit: 10_000 });
    if (left.length < count) return left.map((event) => event.data["number"]);
    await setImmediate();
  }
}

function events(count: number, at: number): readonly NewEvent[] {
  return Array.from({ length: count }, (_, number) => ({ at, device: key, name: "boot", data: { number } }));
}
