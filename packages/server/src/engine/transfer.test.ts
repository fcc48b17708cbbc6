import assert from "node:assert/strict";
import { test } from "node:test";
import { operationId, type TransferReport } from "../ports/index.ts";
import { ownerOf } from "./transfer-report.ts";
import { decideTransfer, type Transfer, type TransferInput } from "./transfer.ts";

const HOUR_MS = 3_600_000;
const went: TransferReport = {
  commandKey: "k-1",
  faultCode: 0,
  startTime: "2026-01-01T00:00:00Z",
  completeTime: "2026-01-01T00:01:00Z",
};
const accepted: TransferInput = { type: "answered", status: 1, now: 10, until: HOUR_MS };

function asked(commandKey = "k-1", more: Partial<Transfer> = {}): Transfer {
  const operation = operationId("0123456789abcdef".repeat(2));
  assert.ok(operation);
  return { operation, kind: "Download", commandKey, state: { name: "asked" }, ...more };
}

function after(transfer: Transfer, ...inputs: readonly TransferInput[]): Transfer {
  return inputs.reduce(decideTransfer, transfer);
}

function reported(report: TransferReport, now = 20): TransferInput {
  return { type: "reported", report, now };
}

test("a transfer that the device accepted goes on until the device says what came of it", () => {
  const going = after(asked(), accepted);
  assert.deepEqual(going.state, { name: "transferring", until: HOUR_MS });
  const done = after(going, reported(went));
  assert.deepEqual(done.state, { name: "ended", how: "completed", at: 20, report: went });
});

test("a transfer that the device did while it answered is at its end", () => {
  const done = after(asked(), { type: "answered", status: 0, now: 10, until: HOUR_MS });
  assert.deepEqual(done.state, { name: "ended", how: "completed", at: 10 });
});

test("a transfer that the device refuses or reports a fault of has failed", () => {
  assert.deepEqual(after(asked(), { type: "refused", now: 10 }).state, {
    name: "ended",
    how: "failed",
    at: 10,
  });
  const fault = { ...went, faultCode: 9010 };
  const failed = { name: "ended", how: "failed", at: 20, report: fault };
  assert.deepEqual(after(asked(), accepted, reported(fault)).state, failed);
});

test("a report that comes before the answer, or instead of it, settles the transfer", () => {
  const done = after(asked(), reported(went), accepted);
  assert.deepEqual(done.state, { name: "ended", how: "completed", at: 20, report: went });
});

test("a transfer of which nobody tells ends with its outcome unknown [QUIRKS-TRANSFER-62]", () => {
  const going = after(asked(), accepted);
  assert.equal(after(going, { type: "due", now: HOUR_MS - 1 }), going);
  const unknown = after(going, { type: "due", now: HOUR_MS });
  assert.deepEqual(unknown.state, { name: "ended", how: "outcome-unknown", at: HOUR_MS });
});

test("a report that comes late corrects what was made of the silence", () => {
  const silent = after(asked(), accepted, { type: "due", now: HOUR_MS });
  const { type, ...rest } = ownerOf([silent], { report: went, kinds: [] });
  assert.deepEqual({ type, ...rest }, { type: "settles", transfer: silent });
  const late = after(silent, reported(went, 2 * HOUR_MS));
  assert.deepEqual(late.state, { name: "ended", how: "completed", at: 2 * HOUR_MS, report: went });
});

test("a report that comes twice is known, and changes nothing", () => {
  const done = after(asked(), accepted, reported(went));
  assert.deepEqual(ownerOf([done], { report: went, kinds: [] }), { type: "repeats", transfer: done });
  assert.equal(after(done, reported({ ...went, faultCode: 9002 }, 30)), done);
});

test("a transfer that was cancelled and is reported all the same is what the device says", () => {
  const cancelled = after(asked(), accepted, { type: "cancelled", now: 15 });
  assert.deepEqual(cancelled.state, { name: "ended", how: "cancelled", at: 15 });
  assert.equal(after(cancelled, { type: "due", now: HOUR_MS }), cancelled);
  const ran = after(cancelled, reported(went));
  assert.deepEqual(ran.state, { name: "ended", how: "completed", at: 20, report: went });
});

test("a report is of the transfer whose CommandKey it has", () => {
  const [first, second] = [after(asked("k-1"), accepted), after(asked("k-2"), accepted)];
  const found = ownerOf([first, second], { report: { ...went, commandKey: "k-2" }, kinds: [] });
  assert.deepEqual(found, { type: "settles", transfer: second });
});

for (const commandKey of ["", "of-the-device"]) {
  test(`a report with the CommandKey "${commandKey}" is of the only outstanding transfer [QUIRKS-TRANSFER-62]`, () => {
    const done = after(asked("k-0"), accepted, reported({ ...went, commandKey: "k-0" }));
    const going = after(asked(), accepted);
    const found = ownerOf([done, going], { report: { ...went, commandKey }, kinds: [] });
    assert.deepEqual(found, { type: "settles", transfer: going });
  });
}

test("a report without a CommandKey is of the outstanding transfer of the kind that the Inform tells of", () => {
  const [download, upload] = [after(asked(), accepted), after(asked("k-2", { kind: "Upload" }), accepted)];
  const report = { ...went, commandKey: "" };
  const found = ownerOf([download, upload], { report, kinds: ["Upload"] });
  assert.deepEqual(found, { type: "settles", transfer: upload });
  assert.deepEqual(ownerOf([download, upload], { report, kinds: [] }), { type: "nobody" });
});

test("a report of what nobody asked for is nobody's, and corrects no silence of another", () => {
  const silent = after(asked(), accepted, { type: "due", now: HOUR_MS });
  assert.deepEqual(ownerOf([silent], { report: { ...went, commandKey: "x" }, kinds: [] }), {
    type: "nobody",
  });
  assert.deepEqual(ownerOf([], { report: went, kinds: [] }), { type: "nobody" });
});

test("a transfer that has failed at once awaits no report", () => {
  const refused = after(asked(), { type: "refused", now: 10 });
  assert.equal(after(refused, reported(went)), refused);
  assert.deepEqual(ownerOf([refused], { report: went, kinds: [] }), { type: "nobody" });
});
