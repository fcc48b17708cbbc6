import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkParams,
  decodeDeviceRequest,
  deviceRpcs,
  type DeviceAnswer,
  type DeviceRequest,
} from "../src/index.ts";
import { answerIs, requestIs } from "./written-and-read.ts";

const at = "2026-01-01T00:00:00Z";
const times = { StartTime: at, CompleteTime: at };
const writtenTimes = `<StartTime>${at}</StartTime><CompleteTime>${at}</CompleteTime>`;

test("GetParameterNames asks for a path and how deep, and is told names and whether they can be written [CWMP-RPC-3]", () => {
  asked(
    { method: "GetParameterNames", params: { ParameterPath: "Device.WiFi.", NextLevel: true } },
    "<ParameterPath>Device.WiFi.</ParameterPath><NextLevel>1</NextLevel>",
  );
  told(
    {
      method: "GetParameterNames",
      result: { ParameterList: { "Device.WiFi.": { "": false, Enable: true } } },
    },
    '<ParameterList soap-enc:arrayType="cwmp:ParameterInfoStruct[2]">' +
      "<ParameterInfoStruct><Name>Device.WiFi.</Name><Writable>0</Writable></ParameterInfoStruct>" +
      "<ParameterInfoStruct><Name>Device.WiFi.Enable</Name><Writable>1</Writable></ParameterInfoStruct></ParameterList>",
  );
});

test("GetParameterValues asks for at least one name, full or partial, and is told names and values [CWMP-RPC-4]", () => {
  asked(
    { method: "GetParameterValues", params: { ParameterNames: ["Device.X", "Device.WiFi."] } },
    '<ParameterNames soap-enc:arrayType="xsd:string[2]"><string>Device.X</string><string>Device.WiFi.</string></ParameterNames>',
  );
  told(
    { method: "GetParameterValues", result: { ParameterList: { "Device.": { X: "1" } } } },
    '<ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct>' +
      '<Name>Device.X</Name><Value xsi:type="xsd:string">1</Value></ParameterValueStruct></ParameterList>',
  );
  isRefused("GetParameterValues", { ParameterNames: [] });
});

test("SetParameterValues gives a list and a key, and is told the Status [CWMP-RPC-5]", () => {
  asked(
    {
      method: "SetParameterValues",
      params: { ParameterList: { "Device.": { On: true } }, ParameterKey: "k" },
    },
    '<ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct>' +
      '<Name>Device.On</Name><Value xsi:type="xsd:boolean">1</Value></ParameterValueStruct></ParameterList>' +
      "<ParameterKey>k</ParameterKey>",
  );
  told({ method: "SetParameterValues", result: { Status: 1 } }, "<Status>1</Status>");
});

test("GetParameterAttributes asks for names, and is told their Notification and AccessList [CWMP-RPC-7]", () => {
  asked(
    { method: "GetParameterAttributes", params: { ParameterNames: ["Device.X"] } },
    '<ParameterNames soap-enc:arrayType="xsd:string[1]"><string>Device.X</string></ParameterNames>',
  );
  const attributes = { Notification: 2, AccessList: ["Subscriber"] };
  told(
    { method: "GetParameterAttributes", result: { ParameterList: { "Device.": { X: attributes } } } },
    '<ParameterList soap-enc:arrayType="cwmp:ParameterAttributeStruct[1]"><ParameterAttributeStruct>' +
      "<Name>Device.X</Name><Notification>2</Notification>" +
      '<AccessList soap-enc:arrayType="xsd:string[1]"><string>Subscriber</string></AccessList>' +
      "</ParameterAttributeStruct></ParameterList>",
  );
});

test("SetParameterAttributes sets at least one, and says of each attribute whether it changes [CWMP-RPC-8]", () => {
  asked(
    {
      method: "SetParameterAttributes",
      params: { ParameterList: { "Device.": { X: { Notification: 1 } } } },
    },
    '<ParameterList soap-enc:arrayType="cwmp:SetParameterAttributesStruct[1]"><SetParameterAttributesStruct>' +
      "<Name>Device.X</Name><NotificationChange>1</NotificationChange><Notification>1</Notification>" +
      '<AccessListChange>0</AccessListChange><AccessList soap-enc:arrayType="xsd:string[0]"/>' +
      "</SetParameterAttributesStruct></ParameterList>",
  );
  toldNothing("SetParameterAttributes");
  isRefused("SetParameterAttributes", { ParameterList: {} });
});

test("AddObject names a table and gives a key, and is told the instance, from 1 on, and the Status [CWMP-RPC-9]", () => {
  asked(
    { method: "AddObject", params: { ObjectName: "Device.Users.User.", ParameterKey: "k" } },
    "<ObjectName>Device.Users.User.</ObjectName><ParameterKey>k</ParameterKey>",
  );
  told(
    { method: "AddObject", result: { InstanceNumber: 7, Status: 0 } },
    "<InstanceNumber>7</InstanceNumber><Status>0</Status>",
  );
  assert.equal(mayTell("AddObject", { InstanceNumber: 0, Status: 0 }), false);
});

test("DeleteObject names an instance and gives a key, and is told the Status [CWMP-RPC-10]", () => {
  asked(
    { method: "DeleteObject", params: { ObjectName: "Device.Users.User.7.", ParameterKey: "k" } },
    "<ObjectName>Device.Users.User.7.</ObjectName><ParameterKey>k</ParameterKey>",
  );
  told({ method: "DeleteObject", result: { Status: 0 } }, "<Status>0</Status>");
});

test("a Status is 0 or 1 and nothing else [CWMP-RPC-11]", () => {
  for (const [Status, allowed] of [
    [0, true],
    [1, true],
    [2, false],
    [-1, false],
  ] as const) {
    assert.equal(mayTell("SetParameterValues", { Status }), allowed);
    assert.equal(mayTell("AddObject", { InstanceNumber: 1, Status }), allowed);
    assert.equal(mayTell("DeleteObject", { Status }), allowed);
    assert.equal(mayTell("Download", { Status, ...times }), allowed);
    assert.equal(mayTell("Upload", { Status, ...times }), allowed);
  }
});

const file = { CommandKey: "k", URL: "http://a/b", Username: "u", Password: "p" };

test("Download says which file, from where, when and as what, and is told Status and times [CWMP-RPC-12]", () => {
  const more = {
    FileSize: 5,
    TargetFileName: "t",
    DelaySeconds: 3,
    SuccessURL: "http://s",
    FailureURL: "http://f",
  };
  asked(
    { method: "Download", params: { ...file, FileType: "1 Firmware Upgrade Image", ...more } },
    "<CommandKey>k</CommandKey><FileType>1 Firmware Upgrade Image</FileType><URL>http://a/b</URL>" +
      "<Username>u</Username><Password>p</Password><FileSize>5</FileSize><TargetFileName>t</TargetFileName>" +
      "<DelaySeconds>3</DelaySeconds><SuccessURL>http://s</SuccessURL><FailureURL>http://f</FailureURL>",
  );
  told({ method: "Download", result: { Status: 1, ...times } }, `<Status>1</Status>${writtenTimes}`);
});

test("Upload says which file, where to and when, and is told Status and times [CWMP-RPC-13]", () => {
  asked(
    { method: "Upload", params: { ...file, FileType: "2 Vendor Log File", DelaySeconds: 3 } },
    "<CommandKey>k</CommandKey><FileType>2 Vendor Log File</FileType><URL>http://a/b</URL>" +
      "<Username>u</Username><Password>p</Password><DelaySeconds>3</DelaySeconds>",
  );
  told({ method: "Upload", result: { Status: 1, ...times } }, `<Status>1</Status>${writtenTimes}`);
});

test("ScheduleDownload gives one or two time windows [CWMP-LENGTH-7, CWMP-RPC-14]", () => {
  const window = {
    WindowStart: 60,
    WindowEnd: 120,
    WindowMode: "3 When Idle",
    UserMessage: "m",
    MaxRetries: 2,
  };
  const params = { ...file, FileType: "1 Firmware Upgrade Image", FileSize: 5, TargetFileName: "t" };
  asked(
    { method: "ScheduleDownload", params: { ...params, TimeWindowList: [window] } },
    "<CommandKey>k</CommandKey><FileType>1 Firmware Upgrade Image</FileType><URL>http://a/b</URL>" +
      "<Username>u</Username><Password>p</Password><FileSize>5</FileSize><TargetFileName>t</TargetFileName>" +
      '<TimeWindowList soap-enc:arrayType="cwmp:TimeWindowStruct[1]"><TimeWindowStruct>' +
      "<WindowStart>60</WindowStart><WindowEnd>120</WindowEnd><WindowMode>3 When Idle</WindowMode>" +
      "<UserMessage>m</UserMessage><MaxRetries>2</MaxRetries></TimeWindowStruct></TimeWindowList>",
  );
  toldNothing("ScheduleDownload");
  for (const [windows, allowed] of [
    [0, false],
    [1, true],
    [2, true],
    [3, false],
  ] as const) {
    const list = Array.from({ length: windows }, () => window);
    assert.equal(decodeDeviceRequest("ScheduleDownload", { ...params, TimeWindowList: list }).ok, allowed);
  }
});

test("CancelTransfer gives the CommandKey of the transfer [CWMP-RPC-15]", () => {
  asked({ method: "CancelTransfer", params: { CommandKey: "k" } }, "<CommandKey>k</CommandKey>");
  toldNothing("CancelTransfer");
});

test("queued transfers are not yet started (1), in progress (2) or completed (3) [CWMP-RPC-16]", () => {
  asked({ method: "GetQueuedTransfers", params: {} }, "");
  asked({ method: "GetAllQueuedTransfers", params: {} }, "");
  told(
    { method: "GetQueuedTransfers", result: { TransferList: [{ CommandKey: "k", State: 2 }] } },
    '<TransferList soap-enc:arrayType="cwmp:QueuedTransferStruct[1]"><QueuedTransferStruct>' +
      "<CommandKey>k</CommandKey><State>2</State></QueuedTransferStruct></TransferList>",
  );
  const more = { IsDownload: true, FileType: "2 Web Content", FileSize: 5, TargetFileName: "t" };
  told(
    { method: "GetAllQueuedTransfers", result: { TransferList: [{ CommandKey: "k", State: 3, ...more }] } },
    '<TransferList soap-enc:arrayType="cwmp:AllQueuedTransferStruct[1]"><AllQueuedTransferStruct>' +
      "<CommandKey>k</CommandKey><State>3</State><IsDownload>1</IsDownload><FileType>2 Web Content</FileType>" +
      "<FileSize>5</FileSize><TargetFileName>t</TargetFileName></AllQueuedTransferStruct></TransferList>",
  );
  const states = [0, 1, 2, 3, 4];
  for (const [method, rest] of [
    ["GetQueuedTransfers", {}],
    ["GetAllQueuedTransfers", more],
  ] as const) {
    const allowed = states.filter((State) => mayTell(method, { TransferList: [{ State, ...rest }] }));
    assert.deepEqual(allowed, [1, 2, 3]);
  }
});

test("Reboot gives a CommandKey [CWMP-RPC-17]", () => {
  asked({ method: "Reboot", params: { CommandKey: "k" } }, "<CommandKey>k</CommandKey>");
  toldNothing("Reboot");
});

test("FactoryReset gives nothing [CWMP-RPC-18]", () => {
  asked({ method: "FactoryReset", params: {} }, "");
  toldNothing("FactoryReset");
  isRefused("FactoryReset", { CommandKey: "k" });
});

test("ScheduleInform gives a delay and a CommandKey [CWMP-RPC-19]", () => {
  asked(
    { method: "ScheduleInform", params: { DelaySeconds: 60, CommandKey: "k" } },
    "<DelaySeconds>60</DelaySeconds><CommandKey>k</CommandKey>",
  );
  toldNothing("ScheduleInform");
});

test("ChangeDUState gives at least one operation, told apart by xsi:type [CWMP-RPC-20]", () => {
  const UUID = "00000000-0000-0000-0000-000000000000";
  asked(
    {
      method: "ChangeDUState",
      params: {
        Operations: [
          { Type: "InstallOpStruct", URL: "http://a/b", UUID, ExecutionEnvRef: "e" },
          { Type: "UpdateOpStruct", UUID, Version: "2" },
          { Type: "UninstallOpStruct", UUID },
        ],
        CommandKey: "k",
      },
    },
    `<Operations xsi:type="cwmp:InstallOpStruct"><URL>http://a/b</URL><UUID>${UUID}</UUID>` +
      "<ExecutionEnvRef>e</ExecutionEnvRef></Operations>" +
      `<Operations xsi:type="cwmp:UpdateOpStruct"><UUID>${UUID}</UUID><Version>2</Version></Operations>` +
      `<Operations xsi:type="cwmp:UninstallOpStruct"><UUID>${UUID}</UUID></Operations><CommandKey>k</CommandKey>`,
  );
  toldNothing("ChangeDUState");
  isRefused("ChangeDUState", { Operations: [] });
  isRefused("ChangeDUState", { Operations: [{ Type: "MoveOpStruct", UUID }] });
});

test("SetVouchers and GetOptions, which later versions dropped, are written and read [CWMP-RPC-27]", () => {
  asked(
    { method: "SetVouchers", params: { VoucherList: ["QUJD"] } },
    '<VoucherList soap-enc:arrayType="soap-enc:base64[1]"><base64>QUJD</base64></VoucherList>',
  );
  toldNothing("SetVouchers");
  asked({ method: "GetOptions", params: { OptionName: "o" } }, "<OptionName>o</OptionName>");
  const option = { OptionName: "o", VoucherSN: 5, State: 1, Mode: 2, StartDate: at, IsTransferable: 1 };
  told(
    { method: "GetOptions", result: { OptionList: [option] } },
    '<OptionList soap-enc:arrayType="cwmp:OptionStruct[1]"><OptionStruct><OptionName>o</OptionName>' +
      `<VoucherSN>5</VoucherSN><State>1</State><Mode>2</Mode><StartDate>${at}</StartDate>` +
      "<IsTransferable>1</IsTransferable></OptionStruct></OptionList>",
  );
});

test("a vendor's method passes through with whatever it carries [CWMP-RPC-28]", () => {
  asked(
    { method: "X_00D09E_Dump", params: { Area: "wifi", Depth: { Levels: 3 }, Of: ["a", "b"] } },
    '<Area>wifi</Area><Depth><Levels xsi:type="xsd:int">3</Levels></Depth><Of>a</Of><Of>b</Of>',
  );
  told({ method: "X_00D09E_Dump", result: { Text: "t" } }, "<Text>t</Text>");
});

function asked(request: DeviceRequest, content: string): void {
  requestIs(wrapped(request.method, content), request, "device");
}

function told(answer: DeviceAnswer, content: string): void {
  answerIs(wrapped(`${answer.method}Response`, content), answer, "acs");
}

type Silent =
  | "SetParameterAttributes"
  | "ScheduleDownload"
  | "CancelTransfer"
  | "Reboot"
  | "FactoryReset"
  | "ScheduleInform"
  | "ChangeDUState"
  | "SetVouchers";

function toldNothing(method: Silent): void {
  told({ method, result: {} }, "");
}

function wrapped(name: string, content: string): string {
  return content === "" ? `<cwmp:${name}/>` : `<cwmp:${name}>${content}</cwmp:${name}>`;
}

function isRefused(method: string, params: unknown): void {
  assert.equal(decodeDeviceRequest(method, params).ok, false);
}

/** Whether an answer may be written that holds this. */
function mayTell(method: keyof typeof deviceRpcs, result: unknown): boolean {
  return checkParams(deviceRpcs[method].answer, result, { strictness: "schema" }).ok;
}
