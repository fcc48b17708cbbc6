import type { Campaign } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodes } from "../exit-code.ts";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, type Script } from "../scripted-northbound.fixture.ts";

const ID = "0123456789abcdef";
const NONE = {
  ...{ waiting: 0, begun: 0, asleep: 0, done: 0, faulted: 0, unknown: 0 },
  ...{ "not-reached": 0, withdrawn: 0, skipped: 0 },
};
const CAMPAIGN: Campaign = {
  id: ID,
  description: "tonight",
  query: 'tag = "gold"',
  rpcs: [{ method: "Reboot", params: {} }],
  ...{ state: "running", since: ago(60), manager: "ops" },
  ...{ pace: { perSecond: 10, atOnce: 100 }, stop: { failures: 5, share: 0.1 } },
  ...{ created: ago(120), starts: ago(60), expires: ago(-86_400) },
  devices: 10,
  counts: { ...NONE, waiting: 4, begun: 2, done: 3, faulted: 1 },
  faults: [{ code: 9001, devices: 1 }],
};
const OVER: Campaign = { ...CAMPAIGN, state: "over", counts: { ...NONE, done: 9, faulted: 1 } };

test("campaigns are listed with how many devices are done, and how many failed", async () => {
  const script: Script = { listCampaigns: () => ({ status: 200, body: { items: [CAMPAIGN] } }) };
  const { terminal } = await runAgainst(script, ["campaigns"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "id                state    RPCs    done  failed  made       devices",
    `${ID}  running  Reboot  3/10  1       2 min ago  tag = "gold"`,
  ]);
});

test("a campaign is made of what was written, and its id is printed", async () => {
  const script: Script = { createCampaign: () => ({ status: 202, body: CAMPAIGN }) };
  const { asked, terminal } = await runAgainst(script, [
    ...["campaigns", "start", 'tag = "gold"', "Reboot", "--description", "tonight"],
    ...["--at", "2026-02-01T01:00Z", "--hours", "1-4", "--per-second", "0.5", "--at-once", "20"],
    ...["--stop-failures", "5", "--stop-share", "20", "--expires", "3600", "--idempotency-key", "k"],
  ]);
  assert.equal(terminal.output(), ID);
  assert.deepEqual(asked[0]?.body, {
    ...{ query: 'tag = "gold"', method: "Reboot", description: "tonight" },
    ...{ at: "2026-02-01T01:00:00.000Z", hours: { from: 1, to: 4 } },
    ...{ pace: { perSecond: 0.5, atOnce: 20 }, stop: { failures: 5, share: 0.2 }, expires: 3_600 },
  });
  assert.equal(asked[0].headers["idempotency-key"], "k");
});

test("of a group a campaign takes no expression", async () => {
  const script: Script = { createCampaign: () => ({ status: 202, body: CAMPAIGN }) };
  const params = '{"ParameterList": {"Device.": {"A": 1}}, "ParameterKey": ""}';
  const { asked } = await runAgainst(script, [
    ...["campaigns", "start", "--group", "gold", "SetParameterValues", params],
  ]);
  assert.deepEqual(asked[0]?.body, {
    ...{ group: "gold", method: "SetParameterValues" },
    params: { ParameterList: { "Device.": { A: 1 } }, ParameterKey: "" },
  });
});

test("a campaign is followed to its end, which tells whether all went well", async () => {
  let looks = 0;
  const script: Script = {
    createCampaign: () => ({ status: 202, body: CAMPAIGN }),
    getCampaign: () => ({ status: 200, body: (looks += 1) > 1 ? OVER : CAMPAIGN }),
  };
  const { terminal, exitCode } = await runAgainst(script, [
    ...["campaigns", "start", "has key", "Reboot", "--follow"],
  ]);
  assert.deepEqual(terminal.errors().split("\n"), [
    "running: 4 of 10 ended (3 done, 1 faulted); 2 begun, 0 asleep",
    "over: 10 of 10 ended (9 done, 1 faulted)",
  ]);
  assert.equal(exitCode, exitCodes.ended);
});

test("Ctrl-C ends the following, and not the campaign", async () => {
  const script: Script = { getCampaign: () => ({ status: 200, body: CAMPAIGN }) };
  const { terminal, exitCode } = await runAgainst(script, ["campaigns", "show", ID, "--follow"], {
    onStart: (started) => {
      started.interrupt();
    },
  });
  assert.equal(exitCode, exitCodes.running);
  assert.match(terminal.errors(), /it goes on: heliograph campaigns show 0123456789abcdef --follow/);
});

test("a campaign is shown with its rules, its faults and how far it has come", async () => {
  const script: Script = { getCampaign: () => ({ status: 200, body: CAMPAIGN }) };
  const { terminal } = await runAgainst(script, ["campaigns", "show", ID]);
  const shown = terminal.output();
  assert.match(shown, /^stops +when 5 devices, or 10 in a hundred fail$/m);
  assert.match(shown, /^pace +10 a second, 100 at once$/m);
  assert.match(shown, /^faults +9001: 1 device$/m);
});

test("a preview says how many would be asked, and why others would not", async () => {
  const refused = { notAllowed: 0, heldByPolicy: 3, notApproved: 2, leftAlone: 1 };
  const held = "the policy radios holds Device.WiFi.Radio.1.Enable: change the policy";
  const body = { devices: 16, allowed: 10, refused, held, sample: ["00D09E-IGD-SN1"] };
  const script: Script = { previewCampaign: () => ({ status: 200, body }) };
  const { terminal } = await runAgainst(script, ["campaigns", "preview", "has key", "Reboot"]);
  assert.deepEqual(terminal.output().split("\n"), ["10 of 16 devices would be asked", "  00D09E-IGD-SN1"]);
  assert.deepEqual(terminal.errors().split("\n"), [
    `3 would be skipped: ${held}`,
    "2 would be skipped: not approved",
    "1 would be skipped: left alone for now",
  ]);
});

test("the devices of a campaign are listed by where they stand", async () => {
  const device = {
    device: "00D09E-IGD-SN1",
    state: "faulted",
    at: ago(60),
    fault: 9001,
    reason: "no",
  } as const;
  const script: Script = { listCampaignDevices: () => ({ status: 200, body: { items: [device] } }) };
  const { terminal, asked } = await runAgainst(script, ["campaigns", "devices", ID, "--state", "faulted"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "key             state    since",
    "00D09E-IGD-SN1  faulted  1 min ago  9001 no",
  ]);
  assert.equal(asked[0]?.query["state"], "faulted");
  const wrong = await runAgainst(script, ["campaigns", "devices", ID, "--state", "lost"]);
  assert.equal(wrong.exitCode, exitCodes.refused);
});

test("a campaign is paused, goes on and is cancelled", async () => {
  const body = CAMPAIGN;
  const script: Script = {
    pauseCampaign: () => ({ status: 200, body }),
    resumeCampaign: () => ({ status: 200, body }),
    cancelCampaign: () => ({ status: 200, body }),
  };
  for (const how of ["pause", "resume", "cancel"]) {
    const { asked, exitCode } = await runAgainst(script, ["campaigns", how, ID]);
    assert.deepEqual([asked[0]?.route, exitCode], [`${how}Campaign`, exitCodes.done]);
  }
});

test("hours and times that are none are refused", async () => {
  for (const flags of [
    ["--hours", "25-3"],
    ["--hours", "night"],
    ["--at", "tonight"],
  ]) {
    const { exitCode } = await runAgainst({}, ["campaigns", "start", "has key", "Reboot", ...flags]);
    assert.equal(exitCode, exitCodes.refused, flags.join(" "));
  }
});
