import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN_TIME } from "@heliograph/protocol";
import { dataModel } from "./data-model.ts";
import { heartbeatDelayMs, heartbeatParameters } from "./heartbeat.ts";

const now = Date.UTC(2026, 0, 1, 0, 0, 10);

for (const [reference, expected] of [
  ["2026-01-01T00:00:00Z", 50],
  ["2031-05-05T05:05:25Z", 15],
  ["2019-05-05T05:05:10Z", 60],
] as const) {
  test(`counted from ${reference}, a heartbeat of each minute comes in ${expected} s [CWMP-EVENT-10]`, () => {
    assert.equal(heartbeatDelayMs({ now, interval: 60, reference, ownReference: 0 }), expected * 1000);
  });
}

test("a device that is told no time counts from one of its own, which stays [CWMP-EVENT-10]", () => {
  const policy = { interval: 60, reference: UNKNOWN_TIME, ownReference: now + 33_000 };
  assert.equal(heartbeatDelayMs({ ...policy, now }), 33_000);
  assert.equal(heartbeatDelayMs({ ...policy, now: now + 34_000 }), 59_000);
});

test("a heartbeat comes no more often than each 30 s [CWMP-EVENT-10]", () => {
  const server = "Device.ManagementServer.";
  const model = dataModel(heartbeatParameters(server));
  const set = (ReportingInterval: number) =>
    model.setValues({ [`${server}HeartbeatPolicy.`]: { ReportingInterval } }).fault?.code;
  assert.deepEqual([set(29), set(30)], [9003, undefined]);
});
