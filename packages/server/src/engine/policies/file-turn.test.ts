import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import {
  fileId,
  operationId,
  type FileRecord,
  type OperationRecord,
  type OperationState,
} from "../../ports/index.ts";
import { fileTurn, isWithin, type Fetching } from "./file-turn.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 0, 1, 12);
const FILE = fileId("0123456789abcdef");
assert.ok(FILE !== undefined);
const file: FileRecord = {
  id: FILE,
  name: "router 2.1.bin",
  kind: "1 Firmware Upgrade Image",
  bytes: 7,
  sha256: "0".repeat(64),
  md5: "0".repeat(32),
  target: {},
  addedAt: 0,
};

test("a device that runs it already fetches nothing", () => {
  assert.deepEqual(turn({ softwareVersion: "2.1" }), { type: "held" });
});

test("a device that runs another is asked to download it", () => {
  const next = turn({});
  assert.ok(next.type === "ask");
  const [{ method, params } = { method: "", params: {} }] = next.rpcs;
  assert.deepEqual(
    [method, params["URL"], params["FileType"], params["FileSize"]],
    ["Download", "heliograph:files/0123456789abcdef", "1 Firmware Upgrade Image", 7],
  );
});

test("outside its hours it is not asked", () => {
  const wanted = { file: file.id, version: "2.1", hours: { from: 2, to: 4 } };
  assert.deepEqual(turn({ wanted }), { type: "wait" });
  assert.equal(turn({ wanted, now: NOON + 15 * HOUR_MS }).type, "ask");
});

test("a file that is gone is a fault of the policy", () => {
  const next = turn({ file: undefined });
  assert.ok(next.type === "faulted");
  assert.match(next.faults?.[0]?.message ?? "", /not kept/);
});

test("what was fetched is to be run within a quarter of an hour", () => {
  const operation = asked("done", NOON - 60_000);
  assert.deepEqual(turn({ operation }), { type: "wait" });
  const next = turn({ operation, now: NOON + HOUR_MS });
  assert.ok(next.type === "faulted");
  assert.equal(next.faults?.[0]?.message, "it runs 1.0, and not 2.1");
});

test("what the device said of the file is what went wrong", () => {
  const report = {
    commandKey: "",
    faultCode: 9018,
    faultString: "corrupted",
    startTime: "",
    completeTime: "",
  };
  const state = { name: "ended", how: "failed", at: NOON, report } as const;
  const transfer = { kind: "Download", commandKey: "", patienceMs: 1, state } as const;
  const next = turn({ operation: { ...asked("faulted"), transfer } });
  assert.deepEqual(next, { type: "faulted", faults: [{ code: 9018, message: "corrupted" }] });
});

for (const [state, type] of [
  ["queued", "wait"],
  ["transferring", "wait"],
  ["faulted", "faulted"],
  ["expired", "again"],
  ["cancelled", "again"],
] as const) {
  test(`of a download that is ${state} it is said: ${type}`, () => {
    assert.equal(turn({ operation: asked(state) }).type, type);
  });
}

for (const [from, to, hour, is] of [
  [2, 4, 2, true],
  [2, 4, 4, false],
  [22, 4, 23, true],
  [22, 4, 3, true],
  [22, 4, 12, false],
  [6, 6, 12, true],
] as const) {
  test(`from ${from} to ${to}, ${hour} o'clock is ${is ? "in" : "outside"}`, () => {
    assert.equal(isWithin({ from, to }, Date.UTC(2026, 0, 1, hour, 30)), is);
  });
}

function turn(given: Partial<Fetching>): ReturnType<typeof fileTurn> {
  const wanted = { file: file.id, version: "2.1" };
  return fileTurn({ wanted, file, softwareVersion: "1.0", operation: undefined, now: NOON, ...given });
}

function asked(state: OperationState, endedAt?: number): OperationRecord {
  const id = operationId("0".repeat(32));
  const device = deviceKey({ Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" });
  assert.ok(id !== undefined && device !== undefined);
  return {
    ...{ id, device, sequence: 1, state, rpcs: [], reads: false, outcomes: [], attempts: 1 },
    ...{ manager: "policy firmware", createdAt: 0, expiresAt: 1 },
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
