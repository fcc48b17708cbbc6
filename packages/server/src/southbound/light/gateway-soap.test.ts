import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { decodeEnvelope, defaultLimits } from "@heliograph/protocol";
import type { SoapEnvelope } from "@heliograph/protocol";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { asJson, openLightBench } from "../../../test/light-gateway-bench.ts";
import type { Connected, LightBench } from "../../../test/light-gateway-bench.ts";
import type { LightGatewayDevice } from "../../../test/light-gateway-device.ts";

const soap = { protocols: ["cwmp.soap"] };
const settings = { lightUrl: () => "wss://acs.example/light" };
const reading = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const values = { type: "answered", outcome: { result: { ParameterList: { "Device.": { X: "1" } } } } };

async function hear(device: LightGatewayDevice): Promise<SoapEnvelope<"device">> {
  const text = await device.heard.take();
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok, text);
  return envelope.value;
}

async function hearFault(device: LightGatewayDevice): Promise<number> {
  const { body } = await hear(device);
  assert.ok(body.kind === "fault", JSON.stringify(body));
  return body.fault.code;
}

/** A device that is attached by an Inform. */
async function attached(bench: LightBench): Promise<Connected> {
  const connected = await bench.connect("S1", soap);
  connected.device.say(informText());
  await bench.engine.attaches.take();
  await hear(connected.device);
  return connected;
}

test("a conversation in envelopes: Inform, a call, and its answer [LIGHT-SOAP-1, LIGHT-SOAP-5, LIGHT-SOAP-3]", async () => {
  await using bench = await openLightBench({ settings });
  const { device, announcement } = await bench.connect("S1", soap);
  assert.equal(device.socket.protocol, "cwmp.soap");
  assert.equal(announcement.subprotocol, "cwmp.soap");
  device.say(informText({ id: "77", events: ["1 BOOT"], parameters: { "Device.X": "1" } }));
  const { events, parameters } = await bench.engine.informs.take();
  assert.deepEqual(events, [{ code: "1 BOOT", commandKey: "" }]);
  assert.deepEqual(asJson(parameters), { "Device.": { X: "1" } });
  const { maxInFlight, replayWindow } = await bench.engine.attaches.take();
  assert.deepEqual({ maxInFlight, replayWindow }, { maxInFlight: 1, replayWindow: 0 });
  const answered = await hear(device);
  assert.equal(answered.id, "77");
  assert.deepEqual(asJson(answered.body), { kind: "answer", method: "Inform", result: { MaxEnvelopes: 1 } });
  assert.deepEqual(answered.header.webSocketReference, {
    url: "wss://acs.example/light",
    subprotocol: "cwmp.soap",
    token: "t",
    expiresIn: 86_400,
  });

  const called = bench.engine.call(announcement, "a1", reading);
  assert.equal((await hear(device)).id, "a1");
  device.say(valuesText(null));
  assert.deepEqual(asJson(await called), values);
});

test("an Inform is answered once it is stored, and a later one brings a fresh reference again [LIGHT-SOAP-5]", async () => {
  const stored = Promise.withResolvers<undefined>();
  const inform = async () => {
    await stored.promise;
    return { type: "stored" } as const;
  };
  await using bench = await openLightBench({ settings, engine: { inform } });
  const { device } = await bench.connect("S1", soap);
  device.say(informText());
  await bench.engine.informs.take();
  await device.settled();
  assert.equal(device.heard.untaken, 0);
  assert.equal(bench.engine.attaches.untaken, 0);
  stored.resolve(undefined);
  assert.ok((await hear(device)).header.webSocketReference !== undefined);
  device.say(informText({ events: ["2 PERIODIC"], id: null }));
  const again = await hear(device);
  assert.equal(again.id, undefined);
  assert.ok(again.header.webSocketReference !== undefined);
});

test("an Inform that could not be stored gets 8005, one that was stored is answered though nobody attaches the device [LIGHT-SOAP-5]", async () => {
  const gone = async (): Promise<never> => {
    throw new Error("the engine is gone");
  };
  await using unstored = await openLightBench({ settings, engine: { inform: gone } });
  const lost = await unstored.connect("S1", soap);
  lost.device.say(informText());
  assert.equal(await hearFault(lost.device), 8005);

  await using bench = await openLightBench({ settings, engine: { attach: gone } });
  const { device } = await bench.connect("S1", soap);
  device.say(informText());
  const { header, body } = await hear(device);
  assert.equal(body.kind, "answer");
  assert.equal(header.webSocketReference, undefined);
});

test("an Inform of another device gets 8001, and the connection ends with 4501", async () => {
  await using bench = await openLightBench({ settings });
  const { device } = await bench.connect("S1", soap);
  device.say(informText({ serial: "S2" }));
  assert.equal(await hearFault(device), 8001);
  assert.equal((await device.ended.take()).code, 4501);
});

for (const [kind, said] of [
  ["a report", transferCompleteText()],
  ["an answer", valuesText("00112233445566aa")],
  ["a fault of the ACS's making", envelopeText("<cwmp:Dance/>")],
] as const) {
  test(`a connection is attached by its first message, be it ${kind} [LIGHT-SOAP-6]`, async () => {
    await using bench = await openLightBench();
    const { device } = await bench.connect("S1", soap);
    device.say(said);
    assert.equal((await bench.engine.attaches.take()).maxInFlight, 1);
  });
}

test("or after five seconds; an empty message is none [LIGHT-SOAP-6, LIGHT-SOAP-9]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.connect("S1", soap);
  device.say("");
  await device.settled();
  await bench.clock.advance(4_999);
  assert.equal(bench.engine.attaches.untaken, 0);
  await bench.clock.advance(1);
  assert.equal((await bench.engine.attaches.take()).maxInFlight, 1);
  assert.equal(device.heard.untaken, 0, "and nothing is said about it");
});

test("HoldRequests holds nothing [LIGHT-SOAP-9]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.connect("S1", soap);
  const hold = '<cwmp:HoldRequests s:mustUnderstand="1">1</cwmp:HoldRequests></s:Header>';
  device.say(informText().replace("</s:Header>", hold));
  assert.equal((await hear(device)).header.holdRequests, undefined);
  void bench.engine.call(announcement, "a1", reading);
  assert.equal((await hear(device)).body.kind, "request");
});

test("a report is answered once it is stored, and with 8005 where it could not be [LIGHT-SOAP-11]", async () => {
  const stored = Promise.withResolvers<undefined>();
  let isLost = false;
  const report = async () => {
    if (isLost) throw new Error("the engine is gone");
    await stored.promise;
    return { type: "stored" } as const;
  };
  await using bench = await openLightBench({ engine: { report } });
  const { device } = await attached(bench);
  device.say(transferCompleteText("k1"));
  const told = await bench.engine.reports.take();
  assert.equal(told.method, "TransferComplete");
  assert.equal(told.params["CommandKey"], "k1");
  await device.settled();
  assert.equal(device.heard.untaken, 0);
  stored.resolve(undefined);
  assert.deepEqual(asJson((await hear(device)).body), {
    kind: "answer",
    method: "TransferComplete",
    result: {},
  });
  isLost = true;
  device.say(transferCompleteText("k2"));
  assert.equal(await hearFault(device), 8005);
});

const contents: Readonly<Record<string, string>> = {
  Kicked: "<Command>c</Command><Referer>r</Referer><Arg>a</Arg><Next>n</Next>",
  RequestDownload: "<FileType>1 Firmware Upgrade Image</FileType><FileTypeArg/>",
};

for (const method of [
  "Kicked",
  "RequestDownload",
  "AutonomousTransferComplete",
  "DUStateChangeComplete",
  "AutonomousDUStateChangeComplete",
]) {
  test(`${method} is stored and answered, with no id where it has none [LIGHT-SOAP-4, LIGHT-SOAP-11]`, async () => {
    await using bench = await openLightBench();
    const { device } = await attached(bench);
    device.say(envelopeText(`<cwmp:${method}>${contents[method] ?? ""}</cwmp:${method}>`, { id: null }));
    assert.equal((await bench.engine.reports.take()).method, method);
    const answered = await hear(device);
    assert.equal(answered.id, undefined);
    assert.ok(answered.body.kind === "answer" && answered.body.method === method);
  });
}

test("the ACS's methods are those it has over HTTP", async () => {
  await using bench = await openLightBench();
  const { device } = await attached(bench);
  device.say(envelopeText("<cwmp:GetRPCMethods/>"));
  const { body } = await hear(device);
  assert.ok(body.kind === "answer" && body.method === "GetRPCMethods");
  assert.ok(!body.result.MethodList.includes("Attach") && body.result.MethodList.includes("Inform"));
});

test("a second request that does not wait for the answer to the first gets 8004 [LIGHT-SOAP-3]", async () => {
  const stored = Promise.withResolvers<{ readonly type: "stored" }>();
  await using bench = await openLightBench({ engine: { report: () => stored.promise } });
  const { device } = await attached(bench);
  device.say(transferCompleteText("k1"));
  device.say(transferCompleteText("k2"));
  assert.equal(await hearFault(device), 8004);
  stored.resolve({ type: "stored" });
  assert.equal((await hear(device)).body.kind, "answer");
});

test("no request passes the one that is unanswered, not even one that the ACS could answer at once [LIGHT-SOAP-3]", async () => {
  const stored = Promise.withResolvers<{ readonly type: "stored" }>();
  await using bench = await openLightBench({ engine: { report: () => stored.promise } });
  const { device } = await attached(bench);
  device.say(transferCompleteText("k1"));
  device.say(envelopeText("<cwmp:GetRPCMethods/>"));
  assert.equal(await hearFault(device), 8004);
  stored.resolve({ type: "stored" });
  assert.equal((await hear(device)).body.kind, "answer");
  device.say(envelopeText("<cwmp:GetRPCMethods/>"));
  assert.equal((await hear(device)).body.kind, "answer");
});

test("an answer that is owed since an earlier connection reaches the engine, and none that has no name [LIGHT-SOAP-2]", async () => {
  await using bench = await openLightBench();
  const { device } = await attached(bench);
  device.say(valuesText(null));
  device.say(valuesText("00112233445566aa"));
  const { ended } = await bench.engine.answers.take();
  assert.deepEqual(asJson(ended), { callId: "00112233445566aa", outcome: values });
  await setImmediate();
  assert.equal(bench.engine.answers.untaken, 0);
});

test("what is no XML closes the connection with 1003, XML that is no SOAP gets 8003 and it stays [LIGHT-SOAP-8]", async () => {
  await using bench = await openLightBench();
  const { device } = await attached(bench);
  device.say("<a/>");
  assert.equal(await hearFault(device), 8003);
  device.say("hello");
  assert.equal((await device.ended.take()).code, 1003);
});

test("a binary message closes it with 1003, one that is too long with 1009 [LIGHT-SOAP-8]", async () => {
  await using bench = await openLightBench({ bounds: { maxMessageBytes: 4_096 } });
  const { device } = await attached(bench);
  device.say(Buffer.from(informText()));
  assert.equal((await device.ended.take()).code, 1003);
  const next = await bench.connect("S2", soap);
  next.device.say(informText({ parameters: { "Device.X": "x".repeat(5_000) } }));
  assert.equal((await next.device.ended.take()).code, 1009);
});

test("who sends too much is told 8004, and closed with 4003 where that is not heeded", async () => {
  await using bench = await openLightBench({
    bounds: { messageBurst: 2, messagesPerSecond: 0.5, abuseMs: 1_000 },
  });
  const { device } = await bench.connect("S1", soap);
  for (let number = 0; number < 3; number += 1) device.say(envelopeText("<cwmp:GetRPCMethods/>"));
  assert.equal((await hear(device)).body.kind, "answer");
  assert.equal((await hear(device)).body.kind, "answer");
  assert.equal(await hearFault(device), 8004);
  for (let number = 0; number < 9; number += 1) {
    await bench.clock.advance(100);
    device.say(envelopeText("<cwmp:GetRPCMethods/>"));
    await device.settled();
  }
  await bench.clock.advance(100);
  device.say(envelopeText("<cwmp:GetRPCMethods/>"));
  assert.equal((await device.ended.take()).code, 4003);
});

test("a device with tokens and one with envelopes are the same device: the newest connection wins", async () => {
  await using bench = await openLightBench();
  const { device } = await attached(bench);
  const { token, key } = await bench.enrol("S1");
  const newer = await bench.connect("S1", { token });
  assert.equal(newer.announcement.device, key);
  assert.equal(newer.announcement.subprotocol, "cwmp.json");
  assert.equal(device.ended.untaken, 0, "the engine closes it, not the gateway");
});
