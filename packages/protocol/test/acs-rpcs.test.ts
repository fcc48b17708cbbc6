import assert from "node:assert/strict";
import { test } from "node:test";
import { acsRpcs, checkParams, type AcsAnswer, type AcsRequest } from "../src/index.ts";
import { answerIs, requestIs } from "./written-and-read.ts";

const at = "2026-01-01T00:00:00Z";
const times = { StartTime: at, CompleteTime: at };
const writtenTimes = `<StartTime>${at}</StartTime><CompleteTime>${at}</CompleteTime>`;

test("GetRPCMethods is asked by either side, and told a list of methods [CWMP-RPC-1]", () => {
  const answer = { method: "GetRPCMethods", result: { MethodList: ["Inform", "Reboot"] } } as const;
  const list =
    '<MethodList soap-enc:arrayType="xsd:string[2]"><string>Inform</string><string>Reboot</string></MethodList>';
  for (const [asked, asker] of [
    ["acs", "device"],
    ["device", "acs"],
  ] as const) {
    requestIs("<cwmp:GetRPCMethods/>", { method: "GetRPCMethods", params: {} }, asked);
    answerIs(`<cwmp:GetRPCMethodsResponse>${list}</cwmp:GetRPCMethodsResponse>`, answer, asker);
  }
});

test("Inform says who, why, when, how often tried and what, and is told MaxEnvelopes [CWMP-RPC-2]", () => {
  asked(
    {
      method: "Inform",
      params: {
        DeviceId: { Manufacturer: "Sun", OUI: "00D09E", ProductClass: "Dial", SerialNumber: "S1" },
        Event: [{ EventCode: "1 BOOT" }, { EventCode: "M Reboot", CommandKey: "k" }],
        MaxEnvelopes: 1,
        CurrentTime: at,
        RetryCount: 2,
        ParameterList: { "Device.": { X: "1" } },
      },
    },
    "<DeviceId><Manufacturer>Sun</Manufacturer><OUI>00D09E</OUI><ProductClass>Dial</ProductClass>" +
      "<SerialNumber>S1</SerialNumber></DeviceId>" +
      '<Event soap-enc:arrayType="cwmp:EventStruct[2]">' +
      "<EventStruct><EventCode>1 BOOT</EventCode><CommandKey></CommandKey></EventStruct>" +
      "<EventStruct><EventCode>M Reboot</EventCode><CommandKey>k</CommandKey></EventStruct></Event>" +
      `<MaxEnvelopes>1</MaxEnvelopes><CurrentTime>${at}</CurrentTime><RetryCount>2</RetryCount>` +
      '<ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct>' +
      '<Name>Device.X</Name><Value xsi:type="xsd:string">1</Value></ParameterValueStruct></ParameterList>',
  );
  told({ method: "Inform", result: { MaxEnvelopes: 1 } }, "<MaxEnvelopes>1</MaxEnvelopes>");
});

const fault = { FaultCode: 9010, FaultString: "File transfer failure" };
const writtenFault =
  "<FaultStruct><FaultCode>9010</FaultCode><FaultString>File transfer failure</FaultString></FaultStruct>";

test("TransferComplete tells of a transfer by its CommandKey, how it ended and when [CWMP-RPC-21]", () => {
  asked(
    { method: "TransferComplete", params: { CommandKey: "k", FaultStruct: fault, ...times } },
    `<CommandKey>k</CommandKey>${writtenFault}${writtenTimes}`,
  );
  asked(
    { method: "TransferComplete", params: { FaultStruct: { FaultCode: 0 }, ...times } },
    "<CommandKey></CommandKey><FaultStruct><FaultCode>0</FaultCode><FaultString></FaultString></FaultStruct>" +
      writtenTimes,
  );
  told({ method: "TransferComplete", result: {} }, "");
});

test("AutonomousTransferComplete tells of a transfer that nobody asked for [CWMP-RPC-22]", () => {
  asked(
    {
      method: "AutonomousTransferComplete",
      params: {
        AnnounceURL: "http://a",
        TransferURL: "http://t",
        IsDownload: true,
        FileType: "2 Web Content",
        FileSize: 5,
        TargetFileName: "f",
        FaultStruct: fault,
        ...times,
      },
    },
    "<AnnounceURL>http://a</AnnounceURL><TransferURL>http://t</TransferURL><IsDownload>1</IsDownload>" +
      "<FileType>2 Web Content</FileType><FileSize>5</FileSize><TargetFileName>f</TargetFileName>" +
      writtenFault +
      writtenTimes,
  );
  told({ method: "AutonomousTransferComplete", result: {} }, "");
});

const UUID = "00000000-0000-0000-0000-000000000000";
const unit = {
  UUID,
  DeploymentUnitRef: "d",
  Version: "2",
  CurrentState: "Installed",
  Resolved: true,
  ExecutionUnitRefList: "e",
  ...times,
  Fault: { FaultCode: 0 },
};
const writtenUnit =
  `<UUID>${UUID}</UUID><DeploymentUnitRef>d</DeploymentUnitRef><Version>2</Version>` +
  "<CurrentState>Installed</CurrentState><Resolved>1</Resolved><ExecutionUnitRefList>e</ExecutionUnitRefList>" +
  `${writtenTimes}<Fault><FaultCode>0</FaultCode></Fault>`;

test("DUStateChangeComplete gives at least one result [CWMP-RPC-23]", () => {
  asked(
    { method: "DUStateChangeComplete", params: { Results: [unit, unit], CommandKey: "k" } },
    `<Results>${writtenUnit}</Results><Results>${writtenUnit}</Results><CommandKey>k</CommandKey>`,
  );
  told({ method: "DUStateChangeComplete", result: {} }, "");
  assert.equal(mayAsk("DUStateChangeComplete", { Results: [unit] }), true);
  assert.equal(mayAsk("DUStateChangeComplete", { Results: [] }), false);
});

test("AutonomousDUStateChangeComplete gives at least one result, and what was done [CWMP-RPC-24]", () => {
  const result = { ...unit, OperationPerformed: "Install" };
  asked(
    { method: "AutonomousDUStateChangeComplete", params: { Results: [result] } },
    `<Results>${writtenUnit}<OperationPerformed>Install</OperationPerformed></Results>`,
  );
  told({ method: "AutonomousDUStateChangeComplete", result: {} }, "");
  assert.equal(mayAsk("AutonomousDUStateChangeComplete", { Results: [result] }), true);
  assert.equal(mayAsk("AutonomousDUStateChangeComplete", { Results: [] }), false);
});

test("RequestDownload names a file type, with at most 16 arguments [CWMP-RPC-25]", () => {
  asked(
    {
      method: "RequestDownload",
      params: { FileType: "2 Web Content", FileTypeArg: [{ Name: "n", Value: "v" }] },
    },
    '<FileType>2 Web Content</FileType><FileTypeArg soap-enc:arrayType="cwmp:ArgStruct[1]">' +
      "<ArgStruct><Name>n</Name><Value>v</Value></ArgStruct></FileTypeArg>",
  );
  told({ method: "RequestDownload", result: {} }, "");
  for (const [count, allowed] of [
    [16, true],
    [17, false],
  ] as const) {
    const FileTypeArg = Array.from({ length: count }, () => ({ Name: "n", Value: "v" }));
    assert.equal(mayAsk("RequestDownload", { FileType: "2 Web Content", FileTypeArg }), allowed);
  }
});

test("Kicked tells what brought the device, and is told where its user goes next [CWMP-RPC-26]", () => {
  asked(
    { method: "Kicked", params: { Command: "c", Referer: "r", Arg: "a", Next: "n" } },
    "<Command>c</Command><Referer>r</Referer><Arg>a</Arg><Next>n</Next>",
  );
  told({ method: "Kicked", result: { NextURL: "http://n" } }, "<NextURL>http://n</NextURL>");
});

function asked(request: AcsRequest, content: string): void {
  requestIs(wrapped(request.method, content), request, "acs");
}

function told(answer: AcsAnswer, content: string): void {
  answerIs(wrapped(`${answer.method}Response`, content), answer, "device");
}

function wrapped(name: string, content: string): string {
  return content === "" ? `<cwmp:${name}/>` : `<cwmp:${name}>${content}</cwmp:${name}>`;
}

/** Whether a request may be written that holds this. */
function mayAsk(method: keyof typeof acsRpcs, params: unknown): boolean {
  return checkParams(acsRpcs[method].request, params, { strictness: "schema" }).ok;
}
