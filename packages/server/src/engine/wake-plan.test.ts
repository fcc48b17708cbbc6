import assert from "node:assert/strict";
import { test } from "node:test";
import type { WakeOutcome, WakeResult } from "../ports/index.ts";
import { afterWake, nextWakeAt, planned } from "./wake-plan.ts";

function outcome(result: WakeResult, at: number): WakeOutcome {
  return { at, result, detail: "tried" };
}

test("a device that came since the last connection request may be asked at once", () => {
  assert.equal(nextWakeAt({ attempts: 0, last: outcome("accepted", 1) }, 1_000), 1_000);
});

test("the pause doubles from 30 seconds to an hour [CWMP-CONNREQ-6]", () => {
  const pauses = [1, 2, 3, 4, 8, 20].map((attempts) =>
    nextWakeAt({ attempts, last: outcome("unreachable", 0) }, 0),
  );
  assert.deepEqual(pauses, [30_000, 60_000, 120_000, 240_000, 3_600_000, 3_600_000]);
});

test("a pause that is over lets the next one go now", () => {
  assert.equal(nextWakeAt({ attempts: 1, last: outcome("unreachable", 0) }, 31_000), 31_000);
});

test("a request that our own limits held back goes out soon; a device that says it is busy is left alone", () => {
  const heldBack = outcome("busy", 0);
  assert.equal(nextWakeAt({ attempts: 1, last: heldBack }, 0), 1_000);
  assert.equal(nextWakeAt({ attempts: 1, last: { ...heldBack, status: 503 } }, 0), 30_000);
});

test("where asking again cannot help, nothing is planned", () => {
  assert.equal(nextWakeAt({ attempts: 1, last: outcome("impossible", 0) }, 99_000), undefined);
  assert.equal(nextWakeAt({ attempts: 1, last: outcome("forbidden", 0) }, 99_000), undefined);
});

test("a plan keeps what was tried, and can be taken back", () => {
  const tried = afterWake({ attempts: 1 }, outcome("busy", 5));
  assert.deepEqual(planned(tried, 9), { attempts: 2, last: outcome("busy", 5), nextAt: 9 });
  assert.deepEqual(planned({ ...tried, nextAt: 9 }, undefined), tried);
});
