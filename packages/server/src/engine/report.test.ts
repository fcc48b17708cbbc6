import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@heliograph/protocol";
import { connectionId, type Report } from "../ports/index.ts";
import { at, first, key } from "./device.fixture.ts";
import { reportChange } from "./report.ts";

const transfer = {
  CommandKey: "k",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};

const report = { device: key, connection: first, credentialVersion: 1, at: at(0) };

function reported(method: string, params: JsonObject, more: Partial<Report> = {}): string {
  return reportChange({ ...report, method, params, ...more }).reportKey;
}

test("a report is an event of its own, named for the request", () => {
  const change = reportChange({ ...report, method: "TransferComplete", params: transfer });
  const [event] = change.events;
  assert.equal(change.credentialVersion, report.credentialVersion);
  assert.equal(event?.name, "transfer-complete-report");
  assert.deepEqual(event.data, { method: "TransferComplete", params: transfer });
});

test("a TransferComplete that comes again in a later session is the same report", () => {
  const later = { connection: connectionId("later"), credentialVersion: 9, at: at(600) };
  assert.equal(reported("TransferComplete", transfer), reported("TransferComplete", transfer, later));
});

test("another transfer with the same CommandKey is another report", () => {
  const again = { ...transfer, CompleteTime: "2026-01-02T00:00:01Z" };
  assert.notEqual(reported("TransferComplete", transfer), reported("TransferComplete", again));
});

test("a request without times of its own is another report in each session", () => {
  const params = { FileType: "1 Firmware Upgrade Image" };
  const later = { connection: connectionId("later") };
  assert.equal(reported("RequestDownload", params), reported("RequestDownload", params));
  assert.notEqual(reported("RequestDownload", params), reported("RequestDownload", params, later));
});
