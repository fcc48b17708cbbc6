import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import { decodeEnvelope } from "../soap/decode.ts";
import { checkParams, decodeDeviceRequest } from "../token/decode.ts";
import { acsRpcs } from "./table.ts";

const at = "2026-01-01T00:00:00Z";
const times = { StartTime: at, CompleteTime: at };

test("files to a device are of the five standard types [CWMP-FILE-1]", () => {
  for (const FileType of [
    "1 Firmware Upgrade Image",
    "2 Web Content",
    "3 Vendor Configuration File",
    "4 Tone File",
    "5 Ringer File",
  ]) {
    assert.ok(mayDownload(FileType), FileType);
  }
});

test("files from a device are its configuration or log, and one of several by its number [CWMP-FILE-2]", () => {
  for (const FileType of [
    "1 Vendor Configuration File",
    "2 Vendor Log File",
    "3 Vendor Configuration File 7",
    "4 Vendor Log File 7",
  ]) {
    assert.ok(decodeDeviceRequest("Upload", { FileType, URL: "http://a/b" }).ok, FileType);
  }
});

test("the modes of a time window are the four standard ones [CWMP-FILE-3]", () => {
  for (const mode of ["1 At Any Time", "2 Immediately", "3 When Idle", "4 Confirmation Needed"]) {
    assert.ok(mayChoose(mode), mode);
  }
});

test("a vendor's own file type or window mode is X, its OUI and a text; nothing else is written [CWMP-FILE-4]", () => {
  for (const may of [mayDownload, mayChoose]) {
    assert.ok(may("X 00D09E Boot Logo"));
    for (const other of ["", "Firmware", "0 Nothing", "X 00D09E", "X", "1"]) assert.ok(!may(other), other);
  }
});

const codes: readonly (readonly [code: string, written: boolean])[] = [
  ["8 DIAGNOSTICS COMPLETE", true],
  ["14 HEARTBEAT", true],
  ["M Reboot", true],
  ["M X_00D09E_Blink", true],
  ["X 00D09E Door Opened", true],
  ["BOOT", false],
  ["X 00D09E", false],
  ["M ", false],
];
for (const [code, written] of codes) {
  test(`the event code ${JSON.stringify(code)} is ${written ? "written" : "not written"}, and read as it comes [CWMP-EVENT-2]`, () => {
    const check = checkParams(acsRpcs.Inform.request, informOf(code), { strictness: "schema" });
    assert.equal(check.ok, written);
    const event = `<EventStruct><EventCode>${code}</EventCode></EventStruct>`;
    const text =
      "<Envelope><Body><Inform><DeviceId><SerialNumber>S1</SerialNumber></DeviceId>" +
      `<Event>${event}</Event></Inform></Body></Envelope>`;
    const read = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
    assert.ok(read.ok && read.value.body.kind === "request" && read.value.body.method === "Inform");
    assert.deepEqual(read.value.body.params.Event, [{ EventCode: code.trim() }]);
  });
}

const everyCode = Array.from({ length: 10_000 }, (_, code) => code);

test("a deployment unit's operation ends with one of its own faults, or a reserved or a vendor's one [CWMP-FAULT-5]", () => {
  const unit = { UUID: "00000000-0000-0000-0000-000000000000", CurrentState: "Failed", Resolved: false };
  const allowed = everyCode.filter((FaultCode) => {
    const Results = [{ ...unit, ...times, Fault: { FaultCode } }];
    return checkParams(acsRpcs.DUStateChangeComplete.request, { Results }, { strictness: "schema" }).ok;
  });
  assert.deepEqual(runsOf(allowed), [
    [0, 0],
    [9001, 9001],
    [9003, 9003],
    [9012, 9013],
    [9015, 9018],
    [9022, 9899],
  ]);
});

test("a transfer ends with one of its own faults, or a reserved or a vendor's one [CWMP-FAULT-4]", () => {
  const allowed = everyCode.filter((FaultCode) => {
    const params = { FaultStruct: { FaultCode }, ...times };
    return checkParams(acsRpcs.TransferComplete.request, params, { strictness: "schema" }).ok;
  });
  assert.deepEqual(runsOf(allowed), [
    [0, 0],
    [9001, 9002],
    [9010, 9012],
    [9014, 9020],
    [9033, 9899],
  ]);
});

function mayDownload(FileType: string): boolean {
  return decodeDeviceRequest("Download", { FileType, URL: "http://a/b" }).ok;
}

function mayChoose(WindowMode: string): boolean {
  const window = { WindowStart: 0, WindowEnd: 1, WindowMode, MaxRetries: 0 };
  const params = { FileType: "2 Web Content", URL: "http://a/b", TimeWindowList: [window] };
  return decodeDeviceRequest("ScheduleDownload", params).ok;
}

function informOf(EventCode: string): unknown {
  return {
    DeviceId: { Manufacturer: "Sun", OUI: "00D09E", ProductClass: "Dial", SerialNumber: "S1" },
    Event: [{ EventCode }],
    MaxEnvelopes: 1,
    CurrentTime: at,
    RetryCount: 0,
    ParameterList: {},
  };
}

/** Rising numbers as runs without gaps. */
function runsOf(numbers: readonly number[]): readonly (readonly (number | undefined)[])[] {
  const lasts = numbers.filter((number) => !numbers.includes(number + 1));
  return numbers.filter((number) => !numbers.includes(number - 1)).map((first, run) => [first, lasts[run]]);
}
