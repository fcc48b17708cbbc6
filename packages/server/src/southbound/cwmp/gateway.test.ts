import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { asJson, cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { FakeEngine } from "../../../test/fake-engine.ts";
import { callId } from "../../ports/index.ts";
import type { AnnounceReply, Call, NextReply } from "../../ports/index.ts";

const SOAP_HEAD =
  '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

test("a session from Inform to 204, byte for byte", async () => {
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

test("the engine is told who informed, from where, why, with what, and how the device writes", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const namespace = "urn:dslforum-org:cwmp-1-0";
  const parameters = { "Device.DeviceInfo.SoftwareVersion": "1.2" };
  const informed = await device.post(
    informText({ events: ["0 BOOTSTRAP", "1 BOOT"], namespace, declaration: true, parameters }),
  );
  const [announced] = bench.engine.announcements;
  assert.ok(announced);
  const { connection, gateway, ...rest } = announced;
  assert.match(connection, /^[0-9a-f]{32}$/);
  assert.match(gateway, /^[0-9a-f]{16}$/);
  assert.deepEqual(asJson(rest), {
    device: "001122-Box-S1",
    deviceId: { Manufacturer: "Maker", OUI: "001122", ProductClass: "Box", SerialNumber: "S1" },
    address: "127.0.0.1",
    at: bench.clock.now(),
    events: [
      { code: "0 BOOTSTRAP", commandKey: "" },
      { code: "1 BOOT", commandKey: "" },
    ],
    parameters: { "Device.DeviceInfo.": { SoftwareVersion: "1.2" } },
    style: { namespace, declaration: true },
  });
  assert.ok(informed.body.startsWith('<?xml version="1.0" encoding="UTF-8"?><soap-env:Envelope '));
  assert.ok(informed.body.includes(`xmlns:cwmp="${namespace}"`));
});

for (const events of [["2 PERIODIC"], ["14 HEARTBEAT"], ["2 PERIODIC", "14 HEARTBEAT"]]) {
  test(`an Inform of only ${events.join(" and ")} is answered before the engine took it, and the call waits for that`, async () => {
    const taken = Promise.withResolvers<AnnounceReply>();
    await using bench = await openBench({ engine: { announce: () => taken.promise } });
    bench.engine.willCall("a1", get);
    const device = await bench.connect();
    const informed = await device.post(informText({ events }));
    assert.equal(informed.status, 200);
    const calling = device.post("", cookieOf(informed));
    taken.resolve({ type: "owned", engine: bench.engine.id, generation: 7 });
    assert.match((await calling).body, /GetParameterValues/);
    assert.equal(bench.engine.asks[0]?.generation, 7);
  });
}

for (const events of [["1 BOOT"], ["2 PERIODIC", "4 VALUE CHANGE"], []]) {
  test(`an Inform of ${events.join(" and ") || "no event"} is answered only once the engine took it`, async () => {
    const asked = Promise.withResolvers<undefined>();
    const taken = Promise.withResolvers<AnnounceReply>();
    const announce = (): Promise<AnnounceReply> => {
      asked.resolve(undefined);
      return taken.promise;
    };
    await using bench = await openBench({ engine: { announce } });
    const device = await bench.connect();
    let isAnswered = false;
    const informing = device.post(informText({ events })).then((reply) => {
      isAnswered = true;
      return reply;
    });
    await asked.promise;
    // A whole exchange on another connection: had the Inform been answered, that would have come by now.
    await (await bench.connect()).post("garbage");
    assert.equal(isAnswered, false);
    taken.resolve({ type: "owned", engine: bench.engine.id, generation: 1 });
    assert.equal((await informing).status, 200);
  });
}

test("without an engine an Inform gets 503 with a time to come again, and no session", async () => {
  await using bench = await openBench({ engine: "none" });
  const reply = await (await bench.connect()).post(informText());
  assert.equal(reply.status, 503);
  assert.match(reply.headers.get("retry-after")?.join() ?? "", /^[3-8][0-9]$/);
  assert.equal(reply.headers.has("set-cookie"), false);
});

test("a device's report is stored before it is answered", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const answered = await device.post(transferCompleteText("key-1"), cookie);
  assert.match(answered.body, /<cwmp:TransferCompleteResponse(><\/cwmp:TransferCompleteResponse|\/)>/);
  const [report] = bench.engine.reports;
  assert.equal(report?.method, "TransferComplete");
  assert.equal(report.params["CommandKey"], "key-1");
});

for (const [why, report] of [
  ["whose engine fails", () => Promise.reject(new Error("no disk"))],
  ["that another engine owns by now", () => Promise.resolve({ type: "superseded" } as const)],
] as const) {
  test(`a report of a device ${why} is not answered as stored: the device is told to try again`, async () => {
    await using bench = await openBench({ engine: { report } });
    const device = await bench.connect();
    const cookie = cookieOf(await device.post(informText()));
    const refused = await device.post(transferCompleteText(), cookie);
    assert.equal(refused.status, 200);
    assert.match(refused.body, /<FaultCode>8005<\/FaultCode>/);
    assert.doesNotMatch(refused.body, /TransferCompleteResponse/);
  });
}

test("a device is told which methods it may call, and that it may call no other", async () => {
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

test("a session goes on over a new TCP connection by its cookie, and without cookies over its own", async () => {
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

test("a body in gzip, an empty body that claims to be, and a chunked body are read", async () => {
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

test("after 204 a further empty POST and a late answer get 204 again", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  for (const body of ["", "", valuesText()]) assert.equal((await device.post(body, cookie)).status, 204);
  assert.equal(bench.engine.asks.length, 1);
});

test("a device that falls silent while a call is out ends its session, and the call without answer", async () => {
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

test("a new Inform replaces the session of its device: the engine hears first how the old one ended", async () => {
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

test("a call for a device that closed its connection meanwhile is not sent", async () => {
  const asked = Promise.withResolvers<undefined>();
  const next = Promise.withResolvers<NextReply>();
  await using bench = await openBench({
    engine: {
      next: () => {
        asked.resolve(undefined);
        return next.promise;
      },
    },
  });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const posting = device.post("", cookie);
  await asked.promise;
  device.raw.cut();
  await assert.rejects(posting);
  // A whole exchange on another connection: by then the gateway has seen the first one close.
  await (await bench.connect()).post("garbage");
  next.resolve({ type: "call", call: callOf("a1") });
  const closed = await bench.engine.closed.take();
  assert.deepEqual(closed.ended, { callId: "a1", outcome: { type: "not-sent" } });
});

test("an engine that is gone has a successor, which is told how the call ended", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  bench.engine.die();
  const successor = new FakeEngine(bench.ports.bus, "e2");
  assert.equal((await device.post(valuesText(), cookie)).status, 204);
  const [announced] = successor.announcements;
  assert.equal(announced?.connection, bench.engine.announcements[0]?.connection);
  assert.deepEqual(announced?.events, []);
  assert.equal(successor.asks[0]?.ended?.outcome.type, "answered");
});

test("a device that somebody else owns by now is called no more, and the engine hears nothing of it", async () => {
  await using bench = await openBench({ engine: { next: () => Promise.resolve({ type: "superseded" }) } });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  assert.equal((await device.post("", cookie)).status, 204);
  await bench.clock.advance(60_000);
  assert.equal(bench.engine.closed.untaken, 0);
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

test("a gateway that closes takes no new sessions, answers what runs, and asks for no more calls", async () => {
  await using bench = await openBench({ bounds: { closeTimeoutMs: 5_000 } });
  bench.engine.willCall("a1", get);
  bench.engine.willCall("a2", reboot);
  const [running, late] = [await bench.connect(), await bench.connect()];
  const cookie = cookieOf(await running.post(informText()));
  await running.post("", cookie);
  const closing = bench.close();
  assert.equal((await late.post(informText({ serial: "S2" }))).status, 503);
  assert.equal((await running.post(valuesText(), cookie)).status, 204);
  await closing;
  const closed = await bench.engine.closed.take();
  assert.equal(closed.ended?.outcome.type, "answered");
  assert.equal(bench.engine.asks.length, 1);
});

test("a gateway that closes does not wait for ever: what is out then has no answer", async () => {
  await using bench = await openBench({ bounds: { closeTimeoutMs: 5_000 } });
  bench.engine.willCall("a1", reboot);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  const closing = bench.close();
  await bench.clock.advance(5_000);
  await closing;
  const { ended } = await bench.engine.closed.take();
  assert.deepEqual(ended?.outcome, { type: "no-answer", detail: "the ACS was stopped" });
  await device.raw.closed();
});

function callOf(id: string): Call {
  return { callId: callId(id), ...reboot };
}
