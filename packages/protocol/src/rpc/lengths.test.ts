import assert from "node:assert/strict";
import { test } from "node:test";
import { checkParams, decodeDeviceRequest } from "../token/decode.ts";
import { MAX_EVENTS } from "./inform.ts";
import { acsRpcs, deviceRpcs, isVendorMethod } from "./table.ts";

const at = "2026-01-01T00:00:00Z";
const times = { StartTime: at, CompleteTime: at };
const download = { FileType: "1 Firmware Upgrade Image", URL: "http://a/b" };
const window = { WindowStart: 0, WindowEnd: 1, WindowMode: "3 When Idle", MaxRetries: 0 };
const UUID = "00000000-0000-0000-0000-000000000000";
const informed = {
  DeviceId: { Manufacturer: "Sun", OUI: "00D09E", ProductClass: "Dial", SerialNumber: "S1" },
  Event: [],
  MaxEnvelopes: 1,
  CurrentTime: at,
  RetryCount: 0,
  ParameterList: {},
};

test("a CommandKey and a ParameterKey have up to 32 characters [CWMP-LENGTH-1]", () => {
  const values = { "Device.": { X: 1 } };
  isAtMost(32, (CommandKey) => mayAsk("Reboot", { CommandKey }));
  isAtMost(32, (CommandKey) => mayAsk("Download", { ...download, CommandKey }));
  isAtMost(32, (CommandKey) => mayAsk("ScheduleInform", { DelaySeconds: 1, CommandKey }));
  isAtMost(32, (ParameterKey) => mayAsk("SetParameterValues", { ParameterList: values, ParameterKey }));
  isAtMost(32, (ParameterKey) => mayAsk("AddObject", { ObjectName: "Device.X.", ParameterKey }));
  isAtMost(32, (ParameterKey) => mayAsk("DeleteObject", { ObjectName: "Device.X.1.", ParameterKey }));
  isAtMost(32, (CommandKey) => mayInform({ Event: [{ EventCode: "M Reboot", CommandKey }] }));
});

test("a parameter, a path and an object have names of up to 256 characters; an object's ends with a dot [CWMP-LENGTH-2]", () => {
  isAtMost(256, (name) => mayAsk("GetParameterValues", { ParameterNames: [name] }));
  isAtMost(256, (name) => mayAsk("GetParameterAttributes", { ParameterNames: [name] }));
  isAtMost(256, (ParameterPath) => mayAsk("GetParameterNames", { ParameterPath, NextLevel: false }));
  isAtMost(249, (leaf) => mayAsk("SetParameterValues", { ParameterList: { "Device.": { [leaf]: 1 } } }));
  isAtMost(255, (name) => mayAsk("AddObject", { ObjectName: `${name}.` }));
  isAtMost(255, (name) => mayAsk("DeleteObject", { ObjectName: `${name}.` }));
  for (const method of ["AddObject", "DeleteObject"] as const) {
    assert.equal(mayAsk(method, { ObjectName: "Device.X" }), false);
  }
});

test("Manufacturer, ProductClass and SerialNumber have up to 64 characters, an OUI six upper-case hexadecimal digits [CWMP-LENGTH-3]", () => {
  for (const name of ["Manufacturer", "ProductClass", "SerialNumber"]) {
    isAtMost(64, (text) => mayInform({ DeviceId: { ...informed.DeviceId, [name]: text } }));
  }
  for (const [OUI, allowed] of [
    ["00D09E", true],
    ["00d09e", false],
    ["00D09", false],
    ["00D09EF", false],
    ["00D09G", false],
  ] as const) {
    assert.equal(mayInform({ DeviceId: { ...informed.DeviceId, OUI } }), allowed, OUI);
  }
});

test("a file type, an event code, a method and an entry of an access list have up to 64 characters [CWMP-LENGTH-4]", () => {
  isAtMost(62, (text) => mayAsk("Download", { ...download, FileType: `1 ${text}` }));
  isAtMost(62, (text) => mayInform({ Event: [{ EventCode: `1 ${text}` }] }));
  isAtMost(64, (name) => mayTell("GetRPCMethods", { MethodList: [name] }));
  isAtMost(62, (name) => isVendorMethod(`X_${name}`));
  isAtMost(64, (entry) => {
    const list = { "Device.": { X: { AccessList: [entry] } } };
    const { answer } = deviceRpcs.GetParameterAttributes;
    return checkParams(answer, { ParameterList: list }, { strictness: "kinds" }).ok;
  });
});

test("URL, Username, Password, TargetFileName, SuccessURL and FailureURL have up to 256 characters each [CWMP-LENGTH-5]", () => {
  for (const name of ["URL", "Username", "Password", "TargetFileName", "SuccessURL", "FailureURL"]) {
    isAtMost(256, (text) => mayAsk("Download", { ...download, [name]: text }));
  }
  for (const name of ["URL", "Username", "Password"]) {
    isAtMost(256, (text) => mayAsk("Upload", { ...download, [name]: text }));
  }
  for (const name of ["URL", "Username", "Password", "TargetFileName"]) {
    isAtMost(256, (text) => {
      return mayAsk("ScheduleDownload", { ...download, TimeWindowList: [window], [name]: text });
    });
  }
});

test("AnnounceURL, TransferURL, NextURL and the URL of a deployment unit have up to 1024 characters [CWMP-LENGTH-6]", () => {
  const transfer = { IsDownload: true, FileType: "2 Web Content", FaultStruct: { FaultCode: 0 }, ...times };
  const { request } = acsRpcs.AutonomousTransferComplete;
  for (const name of ["AnnounceURL", "TransferURL"]) {
    isAtMost(1024, (text) => isFit(request, { ...transfer, [name]: text }));
  }
  isAtMost(1024, (NextURL) => isFit(acsRpcs.Kicked.answer, { NextURL }));
  isAtMost(1015, (path) => {
    return mayAsk("ChangeDUState", { Operations: [{ Type: "InstallOpStruct", URL: `http://a/${path}` }] });
  });
});

test("a list of queued transfers has up to 16 entries [CWMP-LENGTH-8]", () => {
  const more = { IsDownload: true, FileType: "2 Web Content" };
  for (const [method, rest] of [
    ["GetQueuedTransfers", {}],
    ["GetAllQueuedTransfers", more],
  ] as const) {
    isAtMost(16, ({ length }) =>
      mayTell(method, { TransferList: Array(length).fill({ State: 1, ...rest }) }),
    );
  }
});

test("an Inform has up to 64 events [CWMP-LENGTH-9]", () => {
  assert.equal(MAX_EVENTS, 64);
  isAtMost(64, ({ length }) => mayInform({ Event: Array(length).fill({ EventCode: "M Reboot" }) }));
});

test("a FaultString and a UserMessage have up to 256 characters, a unit's version up to 32 [CWMP-LENGTH-10]", () => {
  isAtMost(256, (FaultString) => {
    const FaultStruct = { FaultCode: 0, FaultString };
    return isFit(acsRpcs.TransferComplete.request, { FaultStruct, ...times });
  });
  isAtMost(256, (UserMessage) => {
    return mayAsk("ScheduleDownload", { ...download, TimeWindowList: [{ ...window, UserMessage }] });
  });
  isAtMost(32, (Version) => {
    return mayAsk("ChangeDUState", { Operations: [{ Type: "UpdateOpStruct", Version }] });
  });
});

test("a deployment unit's UUID is 8-4-4-4-12 hexadecimal digits [CWMP-LENGTH-11]", () => {
  for (const [text, allowed] of [
    [UUID, true],
    ["0123abcd-ABCD-0000-ffff-0123456789ab", true],
    [UUID.replaceAll("-", ""), false],
    [UUID.replace("0-", "-0"), false],
    [UUID.replace("0", "g"), false],
    [`{${UUID}}`, false],
  ] as const) {
    const operation = { Type: "UninstallOpStruct", UUID: text };
    assert.equal(mayAsk("ChangeDUState", { Operations: [operation] }), allowed, text);
  }
});

/** A text of that many characters may be said, one of one more may not. */
function isAtMost(most: number, maySay: (text: string) => boolean): void {
  assert.equal(maySay("x".repeat(most)), true);
  assert.equal(maySay("x".repeat(most + 1)), false);
}

function mayAsk(method: string, params: unknown): boolean {
  return decodeDeviceRequest(method, params).ok;
}

function mayTell(method: keyof typeof deviceRpcs, result: unknown): boolean {
  return isFit(deviceRpcs[method].answer, result);
}

function mayInform(changes: object): boolean {
  return isFit(acsRpcs.Inform.request, { ...informed, ...changes });
}

/** Whether it may be written. */
function isFit(fields: Parameters<typeof checkParams>[0], value: unknown): boolean {
  return checkParams(fields, value, { strictness: "schema" }).ok;
}
