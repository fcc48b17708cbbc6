import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { asJson, cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";

const SOAP_HEAD =
  '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

test("a session from Inform to 204, byte for byte [CWMP-HTTP-1, CWMP-HTTP-4, CWMP-HTTP-10, CWMP-SESSION-5, CWMP-SESSION-12, CWMP-SOAP-9]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } });
  const device = await bench.connect();

  const informed = await device.post(informText({ id: "77" }));
  assert.equal(informed.status, 200);
  assert.equal(
    informed.body,
    `${SOAP_HEAD} xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">77</cwmp:ID></soap-env:Header>` +
      "<soap-env:Body><cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse></soap-env:Body></soap-env:Envelope>",
  );
  assert.match(informed.headers.get("set-cookie")?.join() ?? "", /^session=[0-9a-f]{32}; Path=\/; HttpOnly$/);
  assert.deepEqual(informed.headers.get("content-type"), ["text/xml; charset=utf-8"]);
  assert.deepEqual(informed.headers.get("content-length"), [String(informed.body.length)]);
  assert.deepEqual(informed.headers.get("connection"), ["keep-alive"]);
  assert.equal(informed.headers.has("transfer-encoding"), false);

  const cookie = cookieOf(informed);
  const called = await device.post("", cookie);
  assert.equal(called.status, 200);
  assert.equal(
    called.body,
    `${SOAP_HEAD} xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">a1</cwmp:ID></soap-env:Header>` +
      '<soap-env:Body><cwmp:GetParameterValues><ParameterNames soap-enc:arrayType="xsd:string[1]"><string>Device.X</string></ParameterNames>' +
      "</cwmp:GetParameterValues></soap-env:Body></soap-env:Envelope>",
  );
  assert.equal(called.headers.has("set-cookie"), false);

  const over = await device.post(valuesText(), cookie);
  assert.equal(over.status, 204);
  assert.equal(over.body, "");
  assert.deepEqual(over.headers.get("connection"), ["keep-alive"]);
  for (const name of ["content-type", "content-length", "soapaction", "transfer-encoding"]) {
    assert.equal(over.headers.has(name), false, name);
  }
  assert.deepEqual(
    bench.engine.asks.map(({ ended }) => ended && asJson(ended)),
    [
      undefined,
      {
        callId: "a1",
        outcome: { type: "answered", outcome: { result: { ParameterList: { "Device.": { X: "1" } } } } },
      },
    ],
  );
  const { connection } = await bench.engine.closed.take();
  assert.equal(connection, bench.engine.announcements[0]?.connection);
});

const get = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;
const reboot = { method: "Reboot", params: { CommandKey: "k" } } as const;

test("a device's report is stored before it is answered [CWMP-SESSION-14]", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const answered = await device.post(transferCompleteText("key-1"), cookie);
  assert.match(answered.body, /<cwmp:TransferCompleteResponse(><\/cwmp:TransferCompleteResponse|\/)>/);
  const [report] = bench.engine.reports;
  assert.equal(report?.method, "TransferComplete");
  assert.equal(report.params["CommandKey"], "key-1");
});

test("a device is told which methods it may call, and that it may call no other [CWMP-RPC-1, CWMP-SOAP-14]", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const methods = await device.post(envelopeText("<cwmp:GetRPCMethods/>"), cookie);
  for (const method of [
    "GetRPCMethods",
    "Inform",
    "TransferComplete",
    "RequestDownload",
    "DUStateChangeComplete",
  ]) {
    assert.ok(methods.body.includes(`<string>${method}</string>`), method);
  }
  for (const body of ["<cwmp:Dance/>", "<cwmp:X_001122_Dance/>"]) {
    const refused = await device.post(envelopeText(body, { id: "9" }), cookie);
    assert.equal(refused.status, 200);
    assert.match(refused.body, /mustUnderstand="1">9<.*<FaultCode>8000<\/FaultCode>/);
  }
  assert.equal((await device.post("", cookie)).status, 204);
});

test("a session goes on over a new TCP connection by its cookie, and without cookies over its own [CWMP-HTTP-9]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const first = await bench.connect();
  const cookie = cookieOf(await first.post(informText()));
  const second = await bench.connect();
  assert.match(
    (await second.post("", { Cookie: `$Version=0; ${cookie.Cookie},other=1` })).body,
    /GetParameterValues/,
  );
  assert.equal((await first.post(valuesText())).status, 204);
});

test("a cookie of an earlier session does not keep a device from opening another", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const stale = { Cookie: `session=${"0".repeat(32)}` };
  assert.equal((await device.post(informText(), stale)).status, 200);
  assert.equal((await device.post("", stale)).status, 204);
});

test("a body in gzip, an empty body that claims to be, and a chunked body are read [CWMP-HTTP-6]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const gzip = { "Content-Encoding": "gzip" };
  const cookie = cookieOf(await device.post(gzipSync(informText()), gzip));
  assert.match((await device.post("", { ...cookie, ...gzip })).body, /GetParameterValues/);
  const answer = valuesText();
  const chunk = `${answer.length.toString(16)}\r\n${answer}\r\n0\r\n\r\n`;
  await device.raw.write(
    `POST / HTTP/1.1\r\nHost: acs\r\nCookie: ${cookie.Cookie}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
  );
  assert.equal((await device.raw.read()).status, 204);
  assert.equal(bench.engine.asks[1]?.ended?.outcome.type, "answered");
});

test("after 204 a further empty POST and a late answer get 204 again [CWMP-SESSION-9]", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  for (const body of ["", "", valuesText()]) assert.equal((await device.post(body, cookie)).status, 204);
  assert.equal(bench.engine.asks.length, 1);
});

test("a device that falls silent for 30 s while a call is out ends its session, and the call without answer [CWMP-SESSION-10]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", reboot);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  await bench.clock.advance(30_000);
  const closed = await bench.engine.closed.take();
  const detail = "the device said nothing for 30 s";
  assert.deepEqual(closed.ended, { callId: "a1", outcome: { type: "no-answer", detail } });
  const late = await device.post(envelopeText("<cwmp:RebootResponse/>"), cookie);
  assert.equal(late.status, 400);
  assert.equal(late.body, "no such session: begin with an Inform\n");
});

test("a new Inform replaces the session of its device: the engine hears first how the old one ended [CWMP-SESSION-2]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", reboot);
  const first = await bench.connect();
  const old = cookieOf(await first.post(informText()));
  await first.post("", old);
  const second = await bench.connect();
  const informed = await second.post(informText());
  const closed = await bench.engine.closed.take();
  assert.equal(closed.connection, bench.engine.announcements[0]?.connection);
  assert.deepEqual(closed.ended?.outcome, { type: "no-answer", detail: "the device opened another session" });
  assert.equal((await first.post(envelopeText("<cwmp:RebootResponse/>"), old)).status, 400);
  assert.equal((await second.post("", cookieOf(informed))).status, 204);
});

test("an empty POST in place of an answer gets the same call again, but a reboot is never sent twice", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  bench.engine.willCall("a2", reboot);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const first = await device.post("", cookie);
  assert.equal((await device.post("", cookie)).body, first.body);
  assert.match((await device.post("", cookie)).body, /<cwmp:Reboot>/);
  assert.equal((await device.post("", cookie)).status, 204);
  assert.deepEqual(
    bench.engine.asks.map(({ ended }) => ended?.outcome.type),
    [undefined, "no-answer", "no-answer"],
  );
});

test("a device that probes for a challenge before each POST gets it, and its call once", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", reboot);
  const device = await bench.connect();
  assert.equal((await device.post("")).status, 401);
  const authorization = { Authorization: "Digest whatever" };
  const cookie = cookieOf(await device.post(informText(), authorization));
  assert.equal((await device.post("", cookie)).status, 401);
  assert.match((await device.post("", { ...cookie, ...authorization })).body, /<cwmp:Reboot>/);
  assert.equal((await device.post("", cookie)).status, 401);
  const answer = envelopeText("<cwmp:RebootResponse/>");
  assert.equal((await device.post(answer, { ...cookie, ...authorization })).status, 204);
  assert.equal(bench.engine.asks[1]?.ended?.outcome.type, "answered");
});

test("a device that answered without being challenged means its empty POSTs, with Authorization or without", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  bench.engine.willCall("a2", reboot);
  const device = await bench.connect();
  const authorization = { Authorization: "Digest whatever" };
  const cookie = cookieOf(await device.post(informText(), authorization));
  assert.match((await device.post("", cookie)).body, /<cwmp:GetParameterValues>/);
  assert.match((await device.post(valuesText(), { ...cookie, ...authorization })).body, /<cwmp:Reboot>/);
  assert.equal((await device.post("", cookie)).status, 204);
  assert.equal(bench.engine.asks[2]?.ended?.outcome.type, "no-answer");
});

test("a device that asks for more patience gets it, up to a bound [CWMP-SESSION-11]", async () => {
  await using bench = await openBench();
  const seconds = [
    ["45", 45],
    ["86400", 120],
    ["5", 30],
  ] as const;
  for (const [asked, granted] of seconds) {
    const header = `<s:Header><cwmp:SessionTimeout>${asked}</cwmp:SessionTimeout>`;
    const device = await bench.connect();
    await device.post(informText().replace("<s:Header>", header));
    await bench.clock.advance(granted * 1000 - 1);
    assert.equal(bench.engine.closed.untaken, 0);
    await bench.clock.advance(1);
    await bench.engine.closed.take();
  }
});

test("of two Informs at once one session remains [CWMP-SESSION-3]", async () => {
  await using bench = await openBench();
  const devices = await Promise.all([bench.connect(), bench.connect()]);
  const informed = await Promise.all(devices.map((device) => device.post(informText())));
  const statuses: number[] = [];
  for (const [index, device] of devices.entries()) {
    const { Cookie } = cookieOf(informed[index] ?? assert.fail("no reply"));
    statuses.push((await device.post(valuesText(), { Cookie })).status);
  }
  assert.deepEqual(statuses.toSorted(), [204, 400]);
});
