import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import { policyName, type Compliance, type HeldPolicy } from "../../ports/index.ts";
import { holding, isDueAgain, type Standing } from "./holding.ts";

const HOUR_MS = 3_600_000;
const NOW = 100 * HOUR_MS;
const PATH = "Device.WiFi.Enable";

test("a device that holds its policy has nothing new to show", () => {
  assert.equal(found([], { state: "applied" }), undefined);
});

test("a device that differs is mended, and when is kept [LIGHT-BRING-4]", () => {
  const before = { state: "applied", mended: [NOW - 2 * HOUR_MS, NOW - 5] } as const;
  assert.deepEqual(found([PATH], before), { state: "drifted", drifted: [PATH], mended: [NOW - 5, NOW] });
});

test("one that was mended three times within the hour is fought over, which is said once [LIGHT-BRING-4]", () => {
  const mended = [NOW - 30, NOW - 20, NOW - 10];
  assert.deepEqual(found([PATH], { state: "applied", mended }), {
    state: "fighting",
    drifted: [PATH],
    mended,
  });
  assert.equal(found([PATH], { state: "fighting", mended }), undefined);
});

test("it is mended once more when the hour is over [LIGHT-BRING-4]", () => {
  const mended = [NOW - HOUR_MS + 1, NOW - 20, NOW - 10];
  assert.equal(isDueAgain(row({ state: "fighting", mended }), NOW), false);
  assert.equal(isDueAgain(row({ state: "fighting", mended }), NOW + 1), true);
});

test("a policy that is only to report has the device left as it is, and says what differs by now", () => {
  assert.deepEqual(found([PATH], { state: "applied" }, "report"), {
    state: "drifted",
    drifted: [PATH],
    mended: [],
  });
  assert.equal(found([PATH], { state: "drifted", drifted: [PATH] }, "report"), undefined);
  assert.deepEqual(found([], { state: "drifted", drifted: [PATH] }, "report"), {
    state: "applied",
    mended: [],
  });
});

function found(
  drifted: readonly string[],
  before: Partial<Compliance>,
  hold: "mend" | "report" = "mend",
): Standing | undefined {
  const { policy: name } = row(before);
  const policy: HeldPolicy = { name, content: { priority: 0, hold, values: {}, objects: [] } };
  return holding(row(before), { policy, drifted }, NOW);
}

function row(before: Partial<Compliance>): Compliance {
  const policy = policyName("wifi");
  const device = deviceKey({ Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" });
  assert.ok(policy !== undefined && device !== undefined);
  return { policy, device, version: 1, state: "applied", at: 0, mended: [], ...before };
}
