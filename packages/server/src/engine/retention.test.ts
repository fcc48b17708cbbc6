import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import type { NewEvent } from "../ports/index.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { key } from "./device.fixture.ts";
import { startRetention } from "./retention.ts";

const DAY_MS = 86_400_000;

test("what is older than the retention is gone a minute later, however much it is", async () => {
  using directory = tempDir();
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: directory.file("heliograph.db") });
  const log = { info: () => undefined, warn: assert.ifError, error: assert.ifError };
  const old = events(2_500, clock.now() - 2 * DAY_MS);
  const device = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" };
  await store.commit("enrol-device", {
    key,
    deviceId: device,
    approval: "approved",
    by: "open-enrolment",
    address: "127.0.0.1",
    at: clock.now(),
    maxWaiting: 1,
    maxWaitingPerAddress: 1,
    events: [...old, ...events(1, clock.now())],
  });
  const kept = { eventsMs: DAY_MS, maxEvents: 1_000_000, operationsMs: DAY_MS, auditMs: DAY_MS };
  const retention = startRetention({ store, clock, log }, kept);
  await clock.advance(60_000);
  let left = await store.events({ after: 0, limit: 10_000 });
  while (left.length > 1) {
    await setImmediate();
    left = await store.events({ after: 0, limit: 10_000 });
  }
  assert.deepEqual(
    left.map((event) => event.data["number"]),
    [0],
    "the young one stays",
  );
  retention.close();
  await store.close();
});

function events(count: number, at: number): readonly NewEvent[] {
  return Array.from({ length: count }, (_, number) => ({ at, device: key, name: "boot", data: { number } }));
}
