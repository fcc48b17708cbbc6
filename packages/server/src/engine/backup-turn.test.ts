import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey, type DeviceKey } from "@heliograph/protocol";
import { backupPlanId, fileId, operationId } from "../ports/index.ts";
import type { BackupPlan, FileRecord, OperationRecord } from "../ports/index.ts";
import { backupEvent, backupKind, endTurn, nextTurn } from "./backup-turn.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MADE = Date.UTC(2026, 0, 1);

test("every device has its own turn once in each period, and within the spread", () => {
  const moments = Array.from({ length: 1_000 }, (_, index) =>
    nextTurn(plan(), keyOf(String(index)), MADE - 1),
  );
  assert.ok(moments.every((at) => at >= MADE && at < MADE + HOUR_MS));
  const perTenth = Array.from(
    { length: 10 },
    (_, tenth) => moments.filter((at) => Math.floor(((at - MADE) / HOUR_MS) * 10) === tenth).length,
  );
  assert.ok(Math.min(...perTenth) > 60 && Math.max(...perTenth) < 150, perTenth.join(" "));
});

test("a device's turns are a period apart, whenever they are asked for", () => {
  const key = keyOf("1");
  const first = nextTurn(plan(), key, MADE);
  assert.equal(nextTurn(plan(), key, first - 1), first);
  assert.equal(nextTurn(plan(), key, first), first + DAY_MS);
  assert.equal(nextTurn(plan(), key, first + DAY_MS - 1), first + DAY_MS);
});

test("turns that were slept through are not made up for", () => {
  const key = keyOf("1");
  const first = nextTurn(plan(), key, MADE);
  assert.equal(nextTurn(plan(), key, first + 9.5 * DAY_MS), first + 10 * DAY_MS);
});

test("a device whose data model names the configuration for backups is asked for that one, others for the old kind", () => {
  const leaf = (value: boolean) => ({ UseForBackupRestore: { value } });
  const known = {
    "Device.DeviceInfo.VendorConfigFile.1.": leaf(false),
    "Device.DeviceInfo.VendorConfigFile.2.": leaf(true),
  };
  assert.equal(backupKind(known), "3 Vendor Configuration File 2");
  assert.equal(
    backupKind({ "Device.DeviceInfo.VendorConfigFile.1.": leaf(false) }),
    "1 Vendor Configuration File",
  );
  assert.equal(backupKind({}), "1 Vendor Configuration File");
});

test("the first file that comes is a backup, and tells of no change", () => {
  const end = endTurn({ operation: ended(), sent: file("a"), standing: [], keep: 2 });
  assert.deepEqual(end, { type: "changed", stands: file("a").id, drop: [] });
  assert.deepEqual(eventsOf(end), []);
});

test("what differs from the newest is told with the lines that came and went, and the oldest goes", () => {
  const standing = [file("b"), file("a")];
  const end = endTurn({ operation: ended(), sent: file("c"), standing, keep: 2 });
  assert.deepEqual([end.type, end.stands, end.drop], ["changed", file("c").id, [file("a").id]]);
  assert.deepEqual(eventsOf(end), [
    {
      at: 5,
      device: keyOf("1"),
      name: "backup-changed",
      data: { from: file("b").id, to: file("c").id, added: 1, removed: 2 },
    },
  ]);
});

test("what came before without a change is kept once, and nothing is told", () => {
  const again = { ...file("c"), sha256: file("b").sha256 };
  const end = endTurn({ operation: ended(), sent: again, standing: [file("b"), file("a")], keep: 2 });
  assert.deepEqual(end, { type: "unchanged", stands: file("b").id, drop: [again.id] });
  assert.deepEqual(eventsOf(end), []);
});

test("where fewer are to be kept than stand, as many go as are too many", () => {
  const standing = [file("c"), file("b"), file("a")];
  const { drop } = endTurn({ operation: ended(), sent: file("d"), standing, keep: 1 });
  assert.deepEqual(
    drop,
    standing.map(({ id }) => id),
  );
});

test("a file that came whole is a backup though the device never said so, and is none where it reports a fault", () => {
  const silent = endTurn({ operation: ended("outcome-unknown"), sent: file("a"), standing: [], keep: 2 });
  assert.equal(silent.type, "changed");
  const faulted = endTurn({
    operation: ended("faulted", "fault 9010"),
    sent: file("a"),
    standing: [],
    keep: 2,
  });
  assert.deepEqual(faulted, { type: "failed", reason: "fault 9010", drop: [file("a").id] });
});

test("a turn that brought nothing says why", () => {
  const reasonOf = (operation: OperationRecord | undefined) =>
    endTurn({ operation, sent: undefined, standing: [], keep: 2 }).reason;
  assert.equal(reasonOf(ended("expired", "it did not come")), "it did not come");
  assert.equal(reasonOf(ended("done")), "the device says that it is done, and sent nothing");
  assert.equal(reasonOf(undefined), "its operation is gone");
  const fault = { code: 9000, message: "Method not supported" };
  assert.equal(
    reasonOf({ ...ended("faulted"), outcomes: [{ fault }] }),
    "the device refused with fault 9000 Method not supported",
  );
  const failed = endTurn({ operation: undefined, sent: undefined, standing: [], keep: 2 });
  assert.deepEqual(
    eventsOf(failed).map(({ name, data }) => [name, data]),
    [["backup-failed", { reason: "its operation is gone" }]],
  );
});

function eventsOf(end: ReturnType<typeof endTurn>) {
  const comparison = { type: "text", added: 1, removed: 2, unified: "" } as const;
  return backupEvent(end, { at: 5, device: keyOf("1"), comparison });
}

function plan(changes: Partial<BackupPlan> = {}): BackupPlan {
  const id = backupPlanId("0".repeat(16));
  assert.ok(id);
  return { id, everyMs: DAY_MS, spreadMs: HOUR_MS, keep: 2, manager: "admin", createdAt: MADE, ...changes };
}

function keyOf(SerialNumber: string): DeviceKey {
  const key = deviceKey({ Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber });
  assert.ok(key);
  return key;
}

function file(digit: string): FileRecord {
  const id = fileId(digit.repeat(16));
  assert.ok(id);
  const hashes = { sha256: digit.repeat(64), md5: digit.repeat(32) };
  return {
    id,
    name: digit,
    kind: "1 Vendor Configuration File",
    target: {},
    bytes: 1,
    addedAt: 0,
    ...hashes,
  };
}

function ended(state: OperationRecord["state"] = "done", reason?: string): OperationRecord {
  const id = operationId("0".repeat(32));
  assert.ok(id);
  return {
    ...{ id, device: keyOf("1"), sequence: 1, state, rpcs: [], reads: false, outcomes: [], attempts: 1 },
    ...{ manager: "admin", createdAt: 0, expiresAt: 9, endedAt: 4 },
    ...(reason === undefined ? {} : { reason }),
  };
}
