import type { Device } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import {
  ago,
  deviceList,
  exampleDevice,
  exampleOperation,
  type Script,
} from "../scripted-northbound.fixture.ts";
import { clockTime } from "../time-words.ts";

/** Gives so many devices a page, whatever was asked. */
function paged(devices: readonly Device[], perPage: number): Script {
  return {
    listDevices({ query }) {
      const start = Number(query["cursor"] ?? 0);
      const end = start + Math.min(perPage, Number(query["limit"]));
      const items = devices.slice(start, end);
      return { status: 200, body: { items, ...(end < devices.length ? { next: String(end) } : {}) } };
    },
  };
}

const CONNECTED = {
  reachability: "connected",
  connection: { transport: "light", subprotocol: "cwmp.json", since: ago(200) },
  light: { subprotocol: "cwmp.json", lapsed: false },
} as const;

const THREE = ["SN1", "SN2", "SN3"].map((serial) => exampleDevice(serial));

test("devices are listed page after page, a line each", async () => {
  const { exitCode, terminal, asked } = await runAgainst(paged(THREE, 2), ["devices"]);
  assert.equal(exitCode, 0);
  assert.equal(asked.length, 2);
  const [head, first, ...others] = terminal.output().split("\n");
  assert.match(head ?? "", /^key +model +software +state +last inform +address$/);
  assert.match(first ?? "", /^00D09E-IGD-SN1 +IGD +2\.1 +wakeable +1[23] s ago +192\.0\.2\.7$/);
  assert.equal(others.length, 2);
  assert.equal(terminal.errors(), "");
});

test("--limit ends the list early and says so", async () => {
  const { terminal } = await runAgainst(paged(THREE, 100), ["devices", "--limit", "2", "--json"]);
  const listed: unknown = JSON.parse(terminal.output());
  assert.ok(Array.isArray(listed));
  assert.equal(listed.length, 2);
  assert.equal(terminal.errors(), "there are more: --limit");
});

test("--query and --approval go to the ACS as they are", async () => {
  const script: Script = { listDevices: () => ({ status: 200, body: { items: [] } }) };
  const args = ["devices", "--query", "acme 2.1", "--approval", "waiting"];
  const { asked, terminal, exitCode } = await runAgainst(script, args);
  assert.deepEqual(asked[0]?.query, { query: "acme 2.1", approval: "waiting", limit: "500" });
  assert.equal(terminal.errors(), "no devices");
  assert.equal(exitCode, 0);
});

test("an approval that there is not is refused before anything is asked", async () => {
  const { exitCode, terminal } = await runAgainst({}, ["devices", "--approval", "maybe"]);
  assert.equal(exitCode, 2);
  assert.match(terminal.errors(), /--approval must be waiting, approved or rejected/);
});

test("a device that waits says that instead of how it is reached, one that never informed too", async () => {
  const { lastInform: _, ...fresh } = exampleDevice("SN1", { approval: "waiting" });
  const { terminal } = await runAgainst(deviceList(fresh), ["devices"]);
  assert.match(terminal.output(), / waiting +never +192/);
});

test("a connected device says by what and for how long, a lapsed one that it lapsed", async () => {
  const connected = exampleDevice("SN1", CONNECTED);
  const lapsed = exampleDevice("SN2", { light: { subprotocol: "cwmp.json", lapsed: true } });
  const { terminal } = await runAgainst(deviceList(connected, lapsed), ["devices"]);
  const [, first, second] = terminal.output().split("\n");
  assert.match(first ?? "", / 2\.1 +connected \(cwmp\.json, 3 min\) +1[23] s ago +192\.0\.2\.7$/);
  assert.match(second ?? "", / 2\.1 +wakeable \(lapsed\) +1[23] s ago /);
});

test("a device that is rejected while it is still connected says that it is rejected", async () => {
  const device = exampleDevice("SN1", { ...CONNECTED, approval: "rejected" });
  const { terminal } = await runAgainst(deviceList(device), ["devices"]);
  assert.match(terminal.output(), / rejected /);
});

test("what a device says of itself cannot steer the terminal", async () => {
  const device = exampleDevice("SN1", { facts: { softwareVersion: "2\u001b[2J" } });
  const { terminal } = await runAgainst(deviceList(device), ["devices"]);
  assert.ok(terminal.output().includes("2\\u001b[2J"));
  assert.ok(!terminal.output().includes("\u001b"));
});

test("show tells facts, credentials, the connection request and what waits", async () => {
  const next = ago(-30);
  const device = exampleDevice("SN0001", {
    credentials: "staged",
    tags: ["lab"],
    connectionRequest: { attempts: 1, last: { at: ago(0), result: "busy", detail: "503" }, next },
  });
  const script: Script = {
    ...deviceList(device),
    listOperations: ({ query }) => ({
      status: 200,
      body: { items: query["state"] === "queued" ? [exampleOperation()] : [] },
    }),
  };
  const { exitCode, terminal } = await runAgainst(script, ["show", "SN0001"]);
  assert.equal(exitCode, 0);
  const text = terminal.output();
  assert.match(text, /^00D09E-IGD-SN0001\n {2}manufacturer +Acme \(OUI 00D09E\)\n/);
  assert.match(text, /^ {2}credentials +its own, sent but not confirmed yet$/m);
  assert.match(text, /^ {2}enrolled +1 d ago, with the first-contact secret$/m);
  assert.match(text, /^ {2}tags +lab$/m);
  assert.ok(text.includes(`found it busy (503); the next try is in`), text);
  assert.ok(text.includes(`at ${clockTime(next)}`));
  assert.match(text, /open operations\n {2}3f0c\w+ +queued +\S.* +Reboot$/);
});

for (const [what, changes, says] of [
  ["on the light transport", CONNECTED, /^ {2}connection +light, cwmp\.json, since 3 min ago \(\d.+\)$/m],
  [
    "in a classic session",
    { connection: { transport: "classic", since: ago(5) } },
    /^ {2}connection +in a session, since \d s ago \(\d.+\)$/m,
  ],
  [
    "that is away from the light transport",
    { light: { subprotocol: "cwmp.json", lapsed: false } },
    /^ {2}connection +none; it speaks cwmp\.json$/m,
  ],
  [
    "that has lapsed",
    { light: { subprotocol: "cwmp.json", lapsed: true } },
    /^ {2}connection +none; it was referred to cwmp\.json and did not come: /m,
  ],
] as const) {
  test(`show tells how a device ${what} is connected`, async () => {
    const text = await shown(exampleDevice("SN0001", changes));
    assert.match(text, says);
  });
}

test("show tells a plain TR-069 device nothing of connections, and a connected one of no request", async () => {
  assert.doesNotMatch(await shown(exampleDevice("SN0001")), /^ {2}connection {2}/m);
  const text = await shown(exampleDevice("SN0001", { ...CONNECTED, credentials: "rotating" }));
  assert.match(text, /^ {2}connection request +none needed, it is connected$/m);
  assert.match(text, /^ {2}credentials +its own, confirmed; it is to be given new ones$/m);
});

test("show as JSON is the device as the API has it, with its open operations", async () => {
  const script: Script = {
    ...deviceList(exampleDevice("SN0001")),
    listOperations: () => ({ status: 200, body: { items: [] } }),
  };
  const { terminal } = await runAgainst(script, ["show", "SN0001", "--json"]);
  assert.deepEqual(JSON.parse(terminal.output()), { ...exampleDevice("SN0001"), openOperations: [] });
});

test("a device that waits for approval is shown with how to approve it", async () => {
  const device = exampleDevice("SN1", { approval: "waiting" });
  const script: Script = {
    ...deviceList(device),
    listOperations: () => ({ status: 200, body: { items: [] } }),
  };
  const { terminal } = await runAgainst(script, ["show", "SN1"]);
  assert.match(terminal.errors(), /heliograph approve 00D09E-IGD-SN1/);
});

test("approve, reject and remove act on the one device that is meant", async () => {
  const device = exampleDevice("SN1");
  const script: Script = {
    ...deviceList(device),
    approveDevice: () => ({ status: 200, body: device }),
    rejectDevice: () => ({ status: 200, body: { ...device, approval: "rejected" } }),
    removeDevice: () => ({ status: 204 }),
  };
  for (const [name, says] of [
    ["approve", "is approved"],
    ["reject", "is rejected"],
    ["remove", "is forgotten"],
  ] as const) {
    const { exitCode, terminal, asked } = await runAgainst(script, [name, "SN1"]);
    assert.equal(exitCode, 0);
    assert.ok(terminal.output().startsWith(`${device.key} ${says}`), terminal.output());
    assert.equal(asked.at(-1)?.route, `${name}Device`);
    assert.equal(asked.at(-1)?.params["key"], device.key);
  }
});

test("remove says of a connected device that it is disconnected", async () => {
  const script: Script = {
    ...deviceList(exampleDevice("SN1", CONNECTED)),
    removeDevice: () => ({ status: 204 }),
  };
  const { terminal } = await runAgainst(script, ["remove", "SN1"]);
  assert.equal(terminal.output(), "00D09E-IGD-SN1 is forgotten; it was connected, and is disconnected");
});

test("approve with --json gives the device", async () => {
  const device = exampleDevice("SN1");
  const script: Script = {
    ...deviceList(device),
    approveDevice: () => ({ status: 200, body: device }),
  };
  const { terminal } = await runAgainst(script, ["approve", "SN1", "--json"]);
  assert.deepEqual(JSON.parse(terminal.output()), device);
});

/** What `show` says of a device without open operations. */
async function shown(device: Device): Promise<string> {
  const script: Script = {
    ...deviceList(device),
    listOperations: () => ({ status: 200, body: { items: [] } }),
  };
  const { exitCode, terminal } = await runAgainst(script, ["show", device.key]);
  assert.equal(exitCode, 0, terminal.errors());
  return terminal.output();
}
