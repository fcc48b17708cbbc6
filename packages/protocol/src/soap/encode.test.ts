import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import { grouped } from "../model/grouped.ts";
import type { CompactValue } from "../model/value.ts";
import { decodeEnvelope } from "./decode.ts";
import { encodeAnswer, encodeFault, encodeRequest } from "./encode.ts";
import { CWMP_1_0 } from "./namespaces.ts";

const frame = { id: "7", namespace: CWMP_1_0 };

/** What stands inside the Body. */
function bodyOf(text: string): string {
  return /<soap-env:Body>(.*)<\/soap-env:Body>/s.exec(text)?.[1] ?? "";
}

function headerOf(text: string): string {
  return /<soap-env:Header>(.*)<\/soap-env:Header>/s.exec(text)?.[1] ?? "";
}

test("an envelope declares its namespaces on its root and stands without a declaration [CWMP-SOAP-1, CWMP-SOAP-3, CWMP-SOAP-9]", () => {
  assert.equal(
    encodeAnswer({ ...frame, method: "Inform", result: { MaxEnvelopes: 1 } }),
    '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"' +
      ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
      ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-0">' +
      '<soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">7</cwmp:ID></soap-env:Header>' +
      "<soap-env:Body><cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse></soap-env:Body>" +
      "</soap-env:Envelope>",
  );
});

test("the XML declaration stands first where the other side needs it", () => {
  const text = encodeAnswer({ ...frame, style: { declaration: true }, method: "Reboot", result: {} });
  assert.match(text, /^<\?xml version="1\.0" encoding="UTF-8"\?><soap-env:Envelope /);
});

test("without an id there is no ID element, and an empty id is written empty", () => {
  assert.equal(headerOf(encodeAnswer({ namespace: CWMP_1_0, method: "Reboot", result: {} })), "");
  const empty = encodeAnswer({ namespace: CWMP_1_0, id: "", method: "Reboot", result: {} });
  assert.equal(headerOf(empty), '<cwmp:ID soap-env:mustUnderstand="1"></cwmp:ID>');
});

test("children are unqualified, arrays say their type and count, values their type [CWMP-SOAP-2, CWMP-SOAP-15, CWMP-SOAP-16]", () => {
  const values = grouped<CompactValue>([
    ["Device.A.text", "a&b"],
    ["Device.A.flag", true],
    ["Device.A.number", 5],
    ["Device.A.negative", -5],
    ["Device.A.time", ["2026-01-01T00:00:00Z", "dateTime"]],
    ["Device.A.bytes", ["AA AA", "base64"]],
    ["Device.A.odd", ["maybe", "boolean"]],
    ["Device.A.none", null],
  ]);
  const params = { ParameterList: values, ParameterKey: "k" };
  const body = bodyOf(encodeRequest({ ...frame, request: { method: "SetParameterValues", params } }));
  const struct = (name: string, type: string, text: string): string =>
    `<ParameterValueStruct><Name>Device.A.${name}</Name><Value xsi:type="${type}">${text}</Value></ParameterValueStruct>`;
  assert.equal(
    body,
    '<cwmp:SetParameterValues><ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[8]">' +
      struct("text", "xsd:string", "a&amp;b") +
      struct("flag", "xsd:boolean", "1") +
      struct("number", "xsd:unsignedInt", "5") +
      struct("negative", "xsd:int", "-5") +
      struct("time", "xsd:dateTime", "2026-01-01T00:00:00Z") +
      struct("bytes", "soap-enc:base64", "AAAA") +
      struct("odd", "xsd:string", "maybe") +
      struct("none", "xsd:string", "") +
      "</ParameterList><ParameterKey>k</ParameterKey></cwmp:SetParameterValues>",
  );
});

test("the names of a request are plain strings, never prefixed", () => {
  const request = { method: "GetParameterValues", params: { ParameterNames: ["Device.", ""] } } as const;
  assert.equal(
    bodyOf(encodeRequest({ ...frame, request })),
    '<cwmp:GetParameterValues><ParameterNames soap-enc:arrayType="xsd:string[2]">' +
      "<string>Device.</string><string></string></ParameterNames></cwmp:GetParameterValues>",
  );
});

test("boolean values are digits unless the other side writes words", () => {
  const params = { ParameterList: grouped<CompactValue>([["Device.A.flag", false]]), ParameterKey: "" };
  const request = { method: "SetParameterValues", params } as const;
  const inWords = encodeRequest({ ...frame, request, style: { booleans: "words" } });
  assert.match(bodyOf(encodeRequest({ ...frame, request })), />0<\/Value>/);
  assert.match(bodyOf(inWords), />false<\/Value>/);
});

test("the flags of RPCs and headers are digits, whatever the other side writes", () => {
  const style = { booleans: "words" } as const;
  const names = {
    method: "GetParameterNames",
    params: { ParameterPath: "Device.", NextLevel: true },
  } as const;
  assert.match(bodyOf(encodeRequest({ ...frame, style, request: names })), /<NextLevel>1</);
  const attributes = {
    method: "SetParameterAttributes",
    params: { ParameterList: { "Device.": { A: { Notification: 2 } } } },
  } as const;
  assert.match(
    bodyOf(encodeRequest({ ...frame, style, request: attributes })),
    /<NotificationChange>1<.*<AccessListChange>0</,
  );
  const answer = encodeAnswer({
    ...frame,
    style,
    header: { holdRequests: true },
    method: "GetParameterNames",
    result: { ParameterList: { "Device.": { A: true, B: false } } },
  });
  assert.match(headerOf(answer), />1<\/cwmp:HoldRequests>/);
  assert.match(bodyOf(answer), /<Writable>1<.*<Writable>0</);
});

test("what tokens leave out at its default is written all the same", () => {
  const params = { FileType: "1 Firmware Upgrade Image", URL: "http://a/b" };
  assert.equal(
    bodyOf(encodeRequest({ ...frame, request: { method: "Download", params } })),
    "<cwmp:Download><CommandKey></CommandKey><FileType>1 Firmware Upgrade Image</FileType><URL>http://a/b</URL>" +
      "<Username></Username><Password></Password><FileSize>0</FileSize><TargetFileName></TargetFileName>" +
      "<DelaySeconds>0</DelaySeconds><SuccessURL></SuccessURL><FailureURL></FailureURL></cwmp:Download>",
  );
});

test("attributes that are not set say that they do not change", () => {
  const list = grouped<{ readonly Notification?: number; readonly AccessList?: readonly string[] }>([
    ["Device.A.", { Notification: 2 }],
    ["Device.B.c", { AccessList: ["Subscriber"] }],
  ]);
  const request = { method: "SetParameterAttributes", params: { ParameterList: list } } as const;
  const body = bodyOf(encodeRequest({ ...frame, request }));
  assert.match(body, /<NotificationChange>1<.*<Notification>2<.*<AccessListChange>0<.*\[0\]"\/>/);
  assert.match(body, /<NotificationChange>0<.*<AccessListChange>1<.*\[1\]"><string>Subscriber</);
});

test("a fault says its code, its text, and what was wrong with each parameter [CWMP-SOAP-10, CWMP-SOAP-11, CWMP-SOAP-12]", () => {
  const fault = {
    code: 9003,
    message: "Invalid arguments",
    data: { SetParameterValuesFault: [{ ParameterName: "Device.A", FaultCode: 9007, FaultString: "<0" }] },
  };
  assert.equal(
    bodyOf(encodeFault({ ...frame, fault, role: "device" })),
    "<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>" +
      "<FaultCode>9003</FaultCode><FaultString>Invalid arguments</FaultString><SetParameterValuesFault>" +
      "<ParameterName>Device.A</ParameterName><FaultCode>9007</FaultCode><FaultString>&lt;0</FaultString>" +
      "</SetParameterValuesFault></cwmp:Fault></detail></soap-env:Fault>",
  );
});

test("a code that is not the writer's own becomes its internal error [CWMP-SOAP-10]", () => {
  const fault = { code: -32601, message: "no such method" };
  assert.match(encodeFault({ ...frame, fault, role: "acs" }), /<FaultCode>8002<.*no such method/);
  assert.match(
    encodeFault({ ...frame, fault: { code: 8000, message: "" }, role: "device" }),
    /<FaultCode>9002</,
  );
  assert.match(
    encodeFault({ ...frame, fault: { code: 8000, message: "" }, role: "acs" }),
    /Server<.*Method not supported/,
  );
});

test("an unknown method can be answered in kind: with its id, in its namespace, in its style", () => {
  const asked = `<?xml version="1.0"?><e:Envelope xmlns:c="urn:dslforum-org:cwmp-1-3"><e:Header><c:ID>x&amp;y</c:ID></e:Header><e:Body><c:Tell/></e:Body></e:Envelope>`;
  const envelope = decodeEnvelope(asked, { role: "acs", limits: defaultLimits });
  assert.ok(envelope.ok);
  const { id, namespace, style } = envelope.value;
  const text = encodeFault({ id, namespace, style, role: "acs", fault: { code: 8000, message: "" } });
  const answered = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(answered.ok);
  assert.deepEqual(answered.value, {
    id: "x&y",
    namespace: "urn:dslforum-org:cwmp-1-3",
    style: { declaration: true },
    header: {},
    body: { kind: "fault", fault: { code: 8000, message: "Method not supported" } },
  });
});

test("a vendor's RPC keeps its shape, and names that no element can have are mended", () => {
  const params = { A: [1, "two", true, null, { B: 2.5 }], "1 x": "y" };
  assert.equal(
    bodyOf(encodeRequest({ ...frame, request: { method: "X_00D09E_Do", params } })),
    '<cwmp:X_00D09E_Do><A xsi:type="xsd:int">1</A><A>two</A><A xsi:type="xsd:boolean">1</A><A xsi:nil="1"/>' +
      '<A><B xsi:type="xsd:double">2.5</B></A><__x>y</__x></cwmp:X_00D09E_Do>',
  );
});

test("the header elements of the light transport go along for whoever understands them", () => {
  const reference = { url: "wss://a/light?x&y", subprotocol: "cwmp.json", token: "t", expiresIn: 600 };
  const text = encodeAnswer({
    ...frame,
    header: { webSocketReference: reference, useCwmpVersion: "1.4", holdRequests: false },
    method: "Inform",
    result: { MaxEnvelopes: 1 },
  });
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok);
  assert.deepEqual(envelope.value.header, {
    webSocketReference: reference,
    useCwmpVersion: "1.4",
    holdRequests: false,
  });
  assert.match(
    headerOf(text),
    /<lt:WebSocketReference xmlns:lt="urn:heliograph:light-1" soap-env:mustUnderstand="0">/,
  );
});
