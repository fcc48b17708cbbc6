import assert from "node:assert/strict";
import { test } from "node:test";
import { describeActivity } from "./activity.ts";
import type { Activity } from "./activity.ts";

const paths = { "Device.": { A: "secret", B: 2, C: 3 }, "Device.D.": { E: 4 } };

const lines: readonly (readonly [activity: Activity, line: string])[] = [
  [
    { type: "session-opened", acsUrl: "http://acs/", events: ["1 BOOT", "M Reboot"] },
    "informs http://acs/: 1 BOOT, M Reboot",
  ],
  [
    { type: "session-failed", reason: "the ACS is away", retryInMs: 7_400 },
    "the ACS is away; next try in 7 s",
  ],
  [{ type: "referred", url: "ws://acs/light" }, "the ACS offers a connection at ws://acs/light"],
  [{ type: "attached", url: "ws://acs/light" }, "is attached at ws://acs/light"],
  [{ type: "informed", events: ["2 PERIODIC"] }, "the ACS took note of 2 PERIODIC"],
  [
    { type: "detached", reason: "the connection broke off", retryInMs: 5_400 },
    "the connection broke off; next try in 5 s",
  ],
  [{ type: "detached", reason: "the token is old", retryInMs: 0 }, "the token is old; next try now"],
  [
    { type: "detached", reason: "the device was removed" },
    "the device was removed; no connection until the ACS offers one",
  ],
  [
    {
      type: "rpc-served",
      request: { method: "SetParameterValues", params: { ParameterList: paths } },
      reply: { kind: "answer", method: "SetParameterValues", result: { Status: 0 } },
    },
    "serves SetParameterValues Device.A, Device.B, Device.C and 1 more",
  ],
  [
    {
      type: "rpc-served",
      request: { method: "AddObject", params: { ObjectName: "Device.D." } },
      reply: { kind: "answer", method: "AddObject", result: { InstanceNumber: 7, Status: 0 } },
    },
    "serves AddObject Device.D.: instance 7",
  ],
  [
    {
      type: "rpc-served",
      request: { method: "GetParameterValues", params: { ParameterNames: ["Device.No"] } },
      reply: { kind: "fault", fault: { code: 9005, message: "Invalid parameter name" } },
    },
    "serves GetParameterValues Device.No with fault 9005 (Invalid parameter name)",
  ],
];

for (const [activity, line] of lines) {
  test(`a person reads: ${line}`, () => {
    assert.equal(describeActivity(activity), line);
  });
}
