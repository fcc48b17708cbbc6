import type { Grant } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, bodyOf, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const GRANT: Grant = {
  id: "0f1e2d3c4b5a6978",
  holder: "vendor desk",
  reason: "ticket 4711",
  devices: ["00D09E-IGD-SN0001"],
  methods: ["GetParameterValues"],
  read: ["Device.WiFi."],
  write: [],
  channels: [],
  givenBy: "admin",
  created: ago(60),
  expires: ago(-3_540),
};
const showing: Script = deviceList(exampleDevice("SN0001"));

test("grants create tells the token alone on standard output, and what it is good for besides", async () => {
  const script: Script = {
    ...showing,
    createGrant: () => ({ status: 201, body: { ...GRANT, token: "the-token" } }),
  };
  const flags = [
    "--holder",
    "vendor desk",
    "--reason",
    "ticket 4711",
    "--read",
    "Device.WiFi.,Device.DeviceInfo.",
  ];
  const args = ["grants", "create", "00D09E-IGD-SN0001", ...flags, "--hours", "2"];
  const { exitCode, terminal, asked } = await runAgainst(script, args);
  assert.equal(exitCode, 0, terminal.errors());
  assert.equal(terminal.output(), "the-token");
  assert.match(terminal.errors(), /heliograph grants revoke 0f1e2d3c4b5a6978/);
  assert.deepEqual(bodyOf(asked.at(-1)), {
    holder: "vendor desk",
    reason: "ticket 4711",
    devices: ["00D09E-IGD-SN0001"],
    read: ["Device.WiFi.", "Device.DeviceInfo."],
    seconds: 7_200,
  });
});

test("a grant for whatever an expression is true of says how many devices that is now", async () => {
  const where = 'tag = "berlin"';
  const covers = { devices: 1_204, unfinished: true } as const;
  const made = { ...GRANT, devices: { where }, covers, token: "the-token" };
  const script: Script = { createGrant: () => ({ status: 201, body: made }) };
  const flags = ["--holder", "h", "--reason", "r", "--read", "Device."];
  const given = await runAgainst(script, ["grants", "create", "--devices", where, ...flags]);
  assert.deepEqual(bodyOf(given.asked.at(-1)), {
    ...{ holder: "h", reason: "r", devices: { where }, read: ["Device."] },
  });
  assert.match(given.terminal.errors(), /it covers 1204 or more devices now/);
  const shown = await runAgainst({ getGrant: () => ({ status: 200, body: made }) }, ["grants", "show", "x"]);
  assert.match(shown.terminal.output(), /^devices +tag = "berlin"$/m);
  const both = ["grants", "create", "00D09E-IGD-SN0001", "--devices", where, ...flags];
  for (const wrong of [["grants", "create", ...flags], both])
    assert.equal((await runAgainst(showing, wrong)).exitCode, 2);
});

test("a grant without a holder or a reason is wrong usage", async () => {
  const { exitCode } = await runAgainst(showing, ["grants", "create", "00D09E-IGD-SN0001", "--holder", "h"]);
  assert.equal(exitCode, 2);
});

test("grants narrow says what is left, and an empty list leaves nothing", async () => {
  const script: Script = { narrowGrant: () => ({ status: 200, body: GRANT }) };
  const { asked, terminal } = await runAgainst(script, ["grants", "narrow", GRANT.id, "--write", ""]);
  assert.deepEqual(asked[0]?.body, { write: [] });
  assert.match(terminal.output(), /reads +Device\.WiFi\./);
  assert.equal((await runAgainst(script, ["grants", "narrow", GRANT.id])).exitCode, 2);
});

test("grants are listed with what they are good for", async () => {
  const items = [GRANT, { ...GRANT, revoked: ago(60) }, { ...GRANT, expires: ago(3_600) }];
  const { terminal } = await runAgainst({ listGrants: () => ({ status: 200, body: { items } }) }, [
    "grants",
    "list",
  ]);
  const [, good = "", ...over] = terminal.output().split("\n");
  assert.match(good, /good; expires in \d+ min/);
  assert.deepEqual(
    over.map((line) => /revoked 1 min ago|expired 1 h ago/.exec(line)?.[0]),
    ["revoked 1 min ago", "expired 1 h ago"],
  );
});

test("grants extend, revoke and show ask for the grant that is named", async () => {
  const script: Script = {
    extendGrant: () => ({ status: 200, body: GRANT }),
    revokeGrant: () => ({ status: 204 }),
    getGrant: () => ({ status: 200, body: GRANT }),
  };
  for (const [verb, ...flags] of [["extend", "--hours", "24"], ["revoke"], ["show"]] as const) {
    const { exitCode, asked } = await runAgainst(script, ["grants", verb, GRANT.id, ...flags]);
    assert.equal(exitCode, 0);
    assert.equal(asked[0]?.params["id"], GRANT.id);
    if (verb === "extend") assert.deepEqual(bodyOf(asked[0]), { seconds: 86_400 });
  }
});

test("a transcript reads from the first thing asked to the last, with what was there before and what came of it", async () => {
  const call = { manager: `grant:${GRANT.id}`, device: "00D09E-IGD-SN0001", grant: GRANT.id, at: ago(30) };
  const items = [
    { ...call, id: 1, action: "create-grant", manager: "admin", detail: {} },
    {
      ...call,
      id: 2,
      action: "call",
      detail: {
        operation: "a".repeat(32),
        methods: ["SetParameterValues"],
        set: { "Device.WiFi.Radio.1.Channel": { from: 36, to: 11 } },
      },
      changes: [{ path: "Device.WiFi.Radio.1.Channel", before: 36, asked: 11, after: 11 }],
      state: "done",
      outcomes: [{ result: { Status: 0 } }],
    },
    {
      ...call,
      id: 3,
      action: "refused-call",
      detail: { methods: ["FactoryReset"], reason: "it is not among what you may" },
    },
  ];
  const script: Script = {
    getTranscript: () => ({ status: 200, body: { grant: GRANT, items, isAll: true } }),
  };
  const { terminal } = await runAgainst(script, ["grants", "transcript", GRANT.id]);
  const lines = terminal
    .output()
    .split("\n")
    .map((line) => line.replace(/^\S+ \S+ {2}/, ""));
  assert.deepEqual(lines, [
    "vendor desk: ticket 4711",
    "",
    "create-grant on 00D09E-IGD-SN0001 by admin",
    "",
    "SetParameterValues on 00D09E-IGD-SN0001",
    "  Device.WiFi.Radio.1.Channel: 36 -> 11",
    '  {"Status":0}',
    "  done",
    "",
    "FactoryReset on 00D09E-IGD-SN0001",
    "  refused: it is not among what you may",
  ]);
});
