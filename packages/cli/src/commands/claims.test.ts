import type { Device } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst, type Ran } from "../northbound-run.fixture.ts";
import { ago, deviceList, exampleDevice, type Script } from "../scripted-northbound.fixture.ts";

const KEY = "00D09E-IGD-SN1";
const CLAIM = { at: ago(3_600), last: ago(60), address: "198.51.100.1", count: 3 };
const claimed = exampleDevice("SN1", { claim: CLAIM });
const approved = exampleDevice("SN1", { credentials: "none", claim: { ...CLAIM, approved: ago(5) } });

test("claimed devices are asked for, and say that they are claimed", async () => {
  const { terminal, asked } = await runAgainst(deviceList(claimed), ["devices", "--claimed"]);
  assert.deepEqual(asked[0]?.query, { claimed: "true", limit: "500" });
  assert.match(terminal.output(), / wakeable \(claimed\) /);
});

test("a device whose claim is approved is listed as any other", async () => {
  const { terminal } = await runAgainst(deviceList(approved), ["devices"]);
  assert.doesNotMatch(terminal.output(), /claimed/);
});

test("show tells who claims a device, how often and since when, and what to do about it", async () => {
  const { terminal } = await show(claimed);
  const claim =
    /^ {2}claim +somebody at 198\.51\.100\.1 says that it was reset, 1 min ago \(\S.*\), 3 times since 1 h ago \(/m;
  assert.match(terminal.output(), claim);
  assert.match(
    terminal.errors(),
    new RegExp(`heliograph approve ${KEY}; .*heliograph reject ${KEY} --claim$`),
  );
});

test("show tells that a claim is approved, and asks for nothing", async () => {
  const { terminal } = await show(approved);
  assert.match(terminal.output(), /^ {2}claim +approved \d s ago \(\S.*\); its first contact is awaited$/m);
  assert.equal(terminal.errors(), "");
});

test("show says nothing of claims where nobody makes one", async () => {
  const { terminal } = await show(exampleDevice("SN1"));
  assert.doesNotMatch(terminal.output(), /claim/);
});

test("to approve a claimed device says what that did to it", async () => {
  const script: Script = { ...deviceList(claimed), approveDevice: () => ({ status: 200, body: approved }) };
  const { terminal, exitCode } = await runAgainst(script, ["approve", "SN1"]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), /^the claim on 00D09E-IGD-SN1 is approved; its credentials are dead, /);
});

test("a claim that was dropped meanwhile is not approved", async () => {
  const script: Script = { ...deviceList(claimed), approveDevice: () => ({ refuses: "claim-dropped" }) };
  assert.notEqual((await runAgainst(script, ["approve", "SN1"])).exitCode, 0);
});

test("reject --claim rejects the claim, and not the device", async () => {
  const device = exampleDevice("SN1");
  const script: Script = { ...deviceList(claimed), rejectClaim: () => ({ status: 200, body: device }) };
  const { terminal, asked } = await runAgainst(script, ["reject", "SN1", "--claim"]);
  assert.deepEqual([asked.at(-1)?.route, asked.at(-1)?.params["key"]], ["rejectClaim", KEY]);
  assert.equal(terminal.output(), `nobody claims ${KEY} now; it goes on as before`);
  const told = await runAgainst(script, ["reject", "SN1", "--claim", "--json"]);
  assert.deepEqual(JSON.parse(told.terminal.output()), device);
});

function show(device: Device): Promise<Ran> {
  const script: Script = {
    ...deviceList(device),
    listOperations: () => ({ status: 200, body: { items: [] } }),
  };
  return runAgainst(script, ["show", device.key]);
}
