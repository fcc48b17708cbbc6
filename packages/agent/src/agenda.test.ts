import assert from "node:assert/strict";
import { test } from "node:test";
import type { AcsRequest } from "@heliograph/protocol";
import {
  announcement,
  emptyAgenda,
  facing,
  informed,
  nextDelivery,
  noteChange,
  noteEvent,
  noteRequest,
  requestAnswered,
} from "./agenda.ts";
import type { Agenda } from "./agenda.ts";

const ACS = "http://acs/";
const boot = { EventCode: "1 BOOT" };
const known: Agenda = { ...emptyAgenda, bootstrappedAt: ACS };

function codes(agenda: Agenda): readonly string[] {
  return agenda.events.map(({ EventCode, CommandKey = "" }) => `${EventCode} ${CommandKey}`.trim());
}

function complete(CommandKey: string): AcsRequest {
  const at = "2026-01-01T00:00:00Z";
  return {
    method: "TransferComplete",
    params: { CommandKey, FaultStruct: { FaultCode: 0 }, StartTime: at, CompleteTime: at },
  };
}

function afterTransfers(...keys: readonly string[]): Agenda {
  return keys.reduce((agenda, CommandKey) => {
    const noted = noteRequest(
      noteEvent(agenda, { EventCode: "M Download", CommandKey }),
      complete(CommandKey),
    );
    return noteEvent(noted, { EventCode: "7 TRANSFER COMPLETE" });
  }, known);
}

test("a numbered event is owed once, an M event once for each CommandKey [CWMP-EVENT-3, CWMP-EVENT-4]", () => {
  const events = [
    { EventCode: "2 PERIODIC" },
    { EventCode: "2 PERIODIC" },
    { EventCode: "M Reboot", CommandKey: "a" },
    { EventCode: "M Reboot", CommandKey: "b" },
    { EventCode: "M Reboot", CommandKey: "a" },
  ];
  assert.deepEqual(codes(events.reduce(noteEvent, known)), ["2 PERIODIC", "M Reboot a", "M Reboot b"]);
});

test("an ACS that does not know the device hears BOOTSTRAP, and nothing that was meant for another one [CWMP-EVENT-5, CWMP-EVENT-6]", () => {
  const owed = noteEvent(noteChange(afterTransfers("d"), "Device.X"), boot);
  const fresh = facing(owed, "http://other/");
  assert.deepEqual(codes(fresh), ["0 BOOTSTRAP", "1 BOOT"]);
  assert.deepEqual([fresh.changed, fresh.requests], [[], []]);
  assert.equal(facing(fresh, "http://other/"), fresh);
  assert.equal(facing(owed, ACS), owed);
});

test("a delivered Inform leaves what happened while it was on its way", () => {
  const before = noteChange(noteEvent(known, boot), "Device.X");
  const delivery = nextDelivery(before);
  const after = informed(noteEvent(before, { EventCode: "2 PERIODIC" }), delivery, ACS);
  assert.deepEqual(codes(after), ["2 PERIODIC"]);
  assert.deepEqual(after.changed, []);
});

test("what does not fit into one Inform waits for the next [CWMP-LENGTH-9]", () => {
  const events = Array.from({ length: 70 }, (_, at) => ({ EventCode: "M Reboot", CommandKey: String(at) }));
  const owed = events.reduce(noteEvent, known);
  const delivery = nextDelivery(owed);
  assert.equal(delivery.events.length, 64);
  assert.equal(informed(owed, delivery, ACS).events.length, 6);
});

test("a device that is never heard keeps a bounded number of events", () => {
  const events = Array.from({ length: 1_000 }, (_, at) => ({
    EventCode: "M Reboot",
    CommandKey: String(at),
  }));
  assert.equal(events.reduce(noteEvent, known).events.length, 256);
});

test("TRANSFER COMPLETE is owed until each TransferComplete is answered [CWMP-EVENT-7]", () => {
  const owed = afterTransfers("a", "b");
  const told = informed(owed, nextDelivery(owed), ACS);
  assert.deepEqual(codes(told), ["M Download a", "7 TRANSFER COMPLETE", "M Download b"]);
  const once = requestAnswered(told);
  assert.deepEqual(codes(once), ["7 TRANSFER COMPLETE", "M Download b"]);
  const twice = requestAnswered(once);
  assert.deepEqual(codes(twice), []);
  assert.equal(requestAnswered(twice), twice);
});

const at = "2026-01-01T00:00:00Z";
const transfer = { StartTime: at, CompleteTime: at, FaultStruct: { FaultCode: 0 } };
const announced: readonly (readonly [event: string, request: AcsRequest])[] = [
  ["9 REQUEST DOWNLOAD", { method: "RequestDownload", params: { FileType: "1 Firmware Upgrade Image" } }],
  [
    "10 AUTONOMOUS TRANSFER COMPLETE",
    {
      method: "AutonomousTransferComplete",
      params: { IsDownload: true, FileType: "2 Web Content", ...transfer },
    },
  ],
  ["11 DU STATE CHANGE COMPLETE", { method: "DUStateChangeComplete", params: { Results: [] } }],
  [
    "12 AUTONOMOUS DU STATE CHANGE COMPLETE",
    { method: "AutonomousDUStateChangeComplete", params: { Results: [] } },
  ],
];
for (const [event, request] of announced) {
  test(`${event} is owed until ${request.method} is answered [CWMP-EVENT-7]`, () => {
    const owed = noteEvent(noteEvent(noteRequest(known, request), { EventCode: event }), boot);
    const told = informed(owed, nextDelivery(owed), ACS);
    assert.deepEqual(codes(told), [event]);
    assert.deepEqual(codes(requestAnswered(told)), []);
  });
}

test("KICKED is owed until Kicked is answered, which the answer to the Inform is not [CWMP-EVENT-13]", () => {
  const params = { Command: "c", Referer: "http://portal/", Arg: "a", Next: "http://portal/next" };
  const request: AcsRequest = { method: "Kicked", params };
  assert.equal(announcement(request), "5 KICKED");
  const owed = noteEvent(noteRequest(known, request), { EventCode: "5 KICKED" });
  const told = informed(owed, nextDelivery(owed), ACS);
  assert.deepEqual(codes(told), ["5 KICKED"]);
  assert.deepEqual(codes(requestAnswered(told)), []);
});
