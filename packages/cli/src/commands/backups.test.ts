import type { Backup, BackupDiff, BackupPlan } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, bodyOf, deviceList, exampleDevice } from "../scripted-northbound.fixture.ts";

const device = exampleDevice("SN1");
const plan: BackupPlan = {
  ...{ id: "0123456789abcdef", every: 86_400, spread: 3_600, keep: 14, manager: "local", created: ago(60) },
  standing: { devices: 12, running: 2, failed: 1 },
};
const older: Backup = {
  ...{ file: "a".repeat(16), kind: "1 Vendor Configuration File", bytes: 7, sha256: "a".repeat(64) },
  ...{ taken: ago(90_000), last: ago(90_000), unchanged: 0 },
};
const newer: Backup = { ...older, file: "b".repeat(16), taken: ago(7_200), last: ago(3_600), unchanged: 3 };

test("a plan for all devices says how often, and how many are kept", async () => {
  const script = { addBackupPlan: () => ({ status: 201, body: plan }) };
  const { exitCode, terminal, asked } = await runAgainst(script, [
    "backups",
    "plan",
    "--every",
    "24h",
    "--keep",
    "14",
  ]);
  assert.equal(exitCode, 0);
  assert.deepEqual(bodyOf(asked[0]), { every: 86_400, keep: 14 });
  assert.equal(terminal.output().trim(), plan.id);
});

test("a plan for one device has its key", async () => {
  const script = { ...deviceList(device), addBackupPlan: () => ({ status: 201, body: plan }) };
  const { asked } = await runAgainst(script, ["backups", "plan", "SN1", "--every", "1h", "--kind", "config"]);
  const request = asked.find(({ route }) => route === "addBackupPlan");
  assert.deepEqual(bodyOf(request), {
    ...{ every: 3_600, device: device.key, kind: "1 Vendor Configuration File" },
  });
});

test("plans are listed with how many devices they have, and how many fail", async () => {
  const script = { listBackupPlans: () => ({ status: 200, body: { items: [plan] } }) };
  const { terminal } = await runAgainst(script, ["backups", "list"]);
  assert.match(terminal.output(), /0123456789abcdef +all devices +24 h +14 +1 min ago +12 +2 +1/);
});

test("a device's backups are shown with since when they are the same, and what its plan does next", async () => {
  const file = { name: "config", device: device.key, sha256: older.sha256, md5: "c".repeat(32), target: {} };
  const files = [
    { ...file, id: "c".repeat(16), kind: older.kind, bytes: 9, added: ago(60) },
    { ...file, id: newer.file, kind: newer.kind, bytes: 7, added: newer.taken },
    { ...file, id: "d".repeat(16), kind: "2 Vendor Log File", bytes: 5, added: ago(60) },
  ];
  const turn = {
    ...{ plan: plan.id, next: ago(-3_700) },
    last: { result: "failed" as const, at: ago(60), reason: "it did not come" },
  };
  const script = {
    ...deviceList(device),
    listBackups: () => ({ status: 200, body: { items: [newer, older], turns: [turn] } }),
    listFiles: () => ({ status: 200, body: { items: files } }),
  };
  const { terminal } = await runAgainst(script, ["backups", "show", "SN1"]);
  assert.match(terminal.output(), /b{16} +7 +2 h ago +1 h ago \(3 more\)/);
  assert.match(terminal.output(), /c{16} +9 +1 min ago +1 Vendor Configuration File, by hand/);
  assert.doesNotMatch(terminal.output(), /d{16}/);
  assert.match(
    terminal.output(),
    /plan 0123456789abcdef: next in 1 h; last 1 min ago: failed, it did not come/,
  );
});

test("two texts are shown as diff -u has them, and what they hold cannot steer the terminal", async () => {
  const unified = "--- a\n+++ b\n@@ -1 +1 @@\n-ssid=home\n+ssid=\u001b[2Jaway\n";
  const diff: BackupDiff = { from: older, to: newer, difference: "text", added: 1, removed: 1, unified };
  const script = { ...deviceList(device), compareBackups: () => ({ status: 200, body: diff }) };
  const { terminal, asked } = await runAgainst(script, ["backups", "diff", "SN1"]);
  assert.match(terminal.output(), /^-ssid=home\n\+ssid=\\u001b\[2Jaway$/m);
  assert.deepEqual(asked.find(({ route }) => route === "compareBackups")?.query, {});
});

test("of two that are no texts their sizes and checksums are shown", async () => {
  const diff: BackupDiff = { from: older, to: newer, difference: "opaque" };
  const script = { ...deviceList(device), compareBackups: () => ({ status: 200, body: diff }) };
  const args = ["backups", "diff", "SN1", older.file, newer.file];
  const { terminal, asked } = await runAgainst(script, args);
  assert.match(terminal.errors(), /cannot be compared line by line/);
  assert.match(terminal.output(), /b{16} +7 +a{64}/);
  assert.deepEqual(asked.find(({ route }) => route === "compareBackups")?.query, {
    ...{ from: older.file, to: newer.file },
  });
});

test("a plan is removed by its id", async () => {
  const script = { removeBackupPlan: () => ({ status: 204 }) };
  const { exitCode, asked } = await runAgainst(script, ["backups", "remove", plan.id]);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    asked.map(({ params }) => params),
    [{ id: plan.id }],
  );
});
