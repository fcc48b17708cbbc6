import type { Compliance, Policy } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodes } from "../exit-code.ts";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, type Script } from "../scripted-northbound.fixture.ts";

const COUNTS = { pending: 0, applied: 0, faulted: 0, drifted: 0, fighting: 0, "not-applicable": 0, older: 0 };
const RADIOS: Policy = {
  name: "radios",
  description: "",
  group: "gold",
  draft: {
    priority: 0,
    hold: "mend",
    values: { "Device.WiFi.Radio.*.": { Enable: true } },
    objects: [],
  },
  rules: { waves: [0.01, 1], perSecond: 50, pause: 3_600, stopAt: { faulted: 100, share: 0.05 } },
  version: 2,
  rollout: {
    version: 2,
    state: "stopped",
    wave: 1,
    waves: 2,
    since: ago(60),
    reason: "2 of the 5 are faulted",
  },
  compliance: { ...COUNTS, members: 500, applied: 3, faulted: 2 },
  created: ago(86_400),
  changed: ago(3_600),
};
const BAD: Compliance = {
  policy: "radios",
  device: "00D09E-IGD-SN1",
  version: 2,
  state: "faulted",
  at: ago(60),
  faults: [{ path: "Device.WiFi.Radio.1.Enable", code: 9007, message: "no" }],
};

test("policies are listed with how far each has come", async () => {
  const { rollout: _, ...fresh } = {
    ...RADIOS,
    name: "voice",
    version: 0,
    compliance: { ...COUNTS, members: 5 },
  };
  const script: Script = { listPolicies: () => ({ status: 200, body: { items: [RADIOS, fresh] } }) };
  const { terminal } = await runAgainst(script, ["policies"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "policy  group  version  rollout            hold it  faulted",
    "radios  gold   2        stopped, wave 1/2  3/500    2",
    "voice   gold   -        not published      0/5      0",
  ]);
});

test("a policy is made with what was written, and what was not is left to the ACS", async () => {
  const script: Script = { setPolicy: () => ({ status: 200, body: RADIOS }) };
  const { asked } = await runAgainst(script, [
    ...["policies", "set", "radios", "Device.WiFi.Radio.*.Enable=true", "--group", "gold"],
    ...["--priority", "5", "--waves", "5,100", "--pause", "10min", "--stop-share", "20"],
  ]);
  assert.deepEqual(
    asked.map(({ params, body }) => [params, body]),
    [
      [
        { name: "radios" },
        {
          group: "gold",
          priority: 5,
          values: { "Device.WiFi.Radio.*.": { Enable: true } },
          rules: { waves: [0.05, 1], pause: 600, stopAt: { faulted: 100, share: 0.2 } },
        },
      ],
    ],
  );
});

test("waves that are no percents are refused before anything is asked", async () => {
  const { asked, terminal } = await runAgainst({}, [
    ...["policies", "set", "radios", "Device.X.Mode=a", "--group", "gold", "--waves", "1,200"],
  ]);
  assert.deepEqual(asked, []);
  assert.match(terminal.errors(), /--waves must be percents/);
});

test("a rollout is followed until it stops, and says why it did", async () => {
  const running = { version: 2, state: "running", wave: 1, waves: 2, since: ago(1) } as const;
  const script: Script = {
    publishPolicy: () => ({ status: 200, body: { ...RADIOS, rollout: running } }),
    getPolicy: () => ({ status: 200, body: RADIOS }),
  };
  const { terminal, exitCode } = await runAgainst(script, ["policies", "publish", "radios", "--follow"]);
  assert.equal(exitCode, exitCodes.ended);
  assert.match(terminal.output(), /because +2 of the 5 are faulted/);
  assert.match(terminal.errors(), /wave 1 of 2, running: 3 of 500 devices hold version 2, 2 faulted/);
});

test("a preview says who is first, what would change there, and which policies disagree", async () => {
  const path = "Device.WiFi.Radio.1.Enable";
  const preview = {
    members: 500,
    waves: [5, 500],
    devices: [
      { device: "00D09E-IGD-SN1", changes: [{ path, from: false, to: true }] },
      { device: "00D09E-IGD-SN2", changes: [] },
    ],
    conflicts: [{ path, holder: "quiet", other: "radios", by: "priority", value: true }] as const,
  };
  const script: Script = { previewPolicy: () => ({ status: 200, body: preview }) };
  const { terminal } = await runAgainst(script, ["policies", "preview", "radios"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "500 devices, by waves: 5, 500",
    "00D09E-IGD-SN1:",
    `  ${path}: false → true`,
    "00D09E-IGD-SN2: nothing changes",
    `${path}: quiet holds it; radios says true, and its priority is lower`,
  ]);
});

test("who could not hold it is listed with the fault", async () => {
  const script: Script = { listCompliance: () => ({ status: 200, body: { items: [BAD] } }) };
  const { asked, terminal } = await runAgainst(script, [
    "policies",
    "devices",
    "radios",
    "--state",
    "faulted",
  ]);
  assert.equal(asked[0]?.query["state"], "faulted");
  assert.match(terminal.output(), /SN1 +faulted +2 +- +.* +Device\.WiFi\.Radio\.1\.Enable 9007 no/);
});
