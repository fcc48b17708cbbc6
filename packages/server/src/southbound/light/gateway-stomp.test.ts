import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeServerFrame, defaultStompLimits, StompReader, writeFrame } from "@heliograph/protocol";
import type { ServerFrame, StompCommand } from "@heliograph/protocol";
import { asJson, MAKER, openLightBench } from "../../../test/light-gateway-bench.ts";
import type { Connected, LightBench } from "../../../test/light-gateway-bench.ts";
import { openDevice } from "../../../test/light-gateway-device.ts";
import { frame, opcodes, openLightWire } from "../../../test/light-gateway-wire.ts";
import type { LightGatewayDevice } from "../../../test/light-gateway-device.ts";

const stomp = { protocols: ["v12.stomp"] };
const opening = { "accept-version": "1.2", host: "acs" };
const read = { method: "GetParameterValues", params: { ParameterNames: ["Device."] } };
const transfer = {
  CommandKey: "k",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};

function say(device: LightGatewayDevice, command: StompCommand, ...content: Content): void {
  const [headers = {}, body = ""] = content;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const frame = { command, headers: new Map(Object.entries(headers)), body: Buffer.from(text) };
  const written = writeFrame(frame, "1.2");
  assert.ok(written.ok);
  device.say(Buffer.from(written.value).toString());
}

type Content = readonly [headers?: Readonly<Record<string, string>>, body?: object | string];

async function hear(device: LightGatewayDevice): Promise<ServerFrame> {
  const text = await device.heard.take();
  const [item] = [...new StompReader(defaultStompLimits).read(Buffer.from(text))];
  assert.ok(item?.ok === true && item.value.kind === "frame", JSON.stringify(text));
  const frame = decodeServerFrame(item.value.frame, "1.2");
  assert.ok(frame.ok);
  return frame.value;
}

async function hearMessage(
  device: LightGatewayDevice,
): Promise<Extract<ServerFrame, { command: "MESSAGE" }>> {
  const frame = await hear(device);
  assert.ok(frame.command === "MESSAGE", frame.command);
  return frame;
}

async function hearError(
  device: LightGatewayDevice,
): Promise<{ code: number; closeCode: string | undefined }> {
  const error = await hear(device);
  assert.ok(error.command === "ERROR", error.command);
  return { closeCode: error.headers.get("close-code"), code: (await device.ended.take()).code };
}

async function connected(
  bench: LightBench,
  headers: Readonly<Record<string, string>> = {},
): Promise<Connected> {
  const found = await bench.connect("S1", stomp);
  say(found.device, "CONNECT", { ...opening, ...headers });
  assert.equal((await bench.engine.attaches.take()).maxInFlight, 0);
  assert.equal((await hear(found.device)).command, "CONNECTED");
  return found;
}

async function subscribed(
  bench: LightBench,
  headers: Readonly<Record<string, string>> = {},
): Promise<Connected> {
  const found = await connected(bench);
  say(found.device, "SUBSCRIBE", { id: "a", destination: "/responses" });
  say(found.device, "SUBSCRIBE", { id: "q", destination: "/requests", receipt: "ready", ...headers });
  await bench.engine.attaches.take();
  assert.equal((await hear(found.device)).command, "RECEIPT");
  return found;
}

test("a conversation in frames: CONNECT, SUBSCRIBE, a call, and its answer [STOMP-RPC-1, STOMP-RPC-2]", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await bench.connect("S1", { protocols: ["v12.stomp", "v11.stomp"] });
  assert.equal(device.socket.protocol, "v12.stomp");
  assert.equal(announcement.subprotocol, "v12.stomp");
  say(device, "STOMP", opening);
  await bench.engine.attaches.take();
  const greeting = await hear(device);
  assert.ok(greeting.command === "CONNECTED" && greeting.version === "1.2");
  assert.equal(greeting.session, announcement.connection);
  assert.equal(greeting.headers.get("token"), "t");

  say(device, "SUBSCRIBE", { id: "q", destination: "/requests", "max-in-flight": "4", "replay-window": "8" });
  const { maxInFlight, replayWindow } = await bench.engine.attaches.take();
  assert.deepEqual({ maxInFlight, replayWindow }, { maxInFlight: 4, replayWindow: 8 });
  const called = bench.engine.call(announcement, "a1", read);
  const message = await hearMessage(device);
  assert.equal(message.headers.get("request-id"), "a1");
  const values = { "Device.": { UpTime: 1 } };
  const answer = { destination: "/responses", "request-id": "a1", status: "ok" };
  say(device, "SEND", answer, { ParameterList: values });
  assert.deepEqual(asJson(await called), {
    type: "answered",
    outcome: { result: { ParameterList: values } },
  });
});

test("RECEIPT of a report leaves once the engine has stored it, and not where it could not [STOMP-RPC-3]", async () => {
  const stored = Promise.withResolvers<{ readonly type: "stored" }>();
  await using bench = await openLightBench({ engine: { report: () => stored.promise } });
  const { device } = await subscribed(bench);
  const asked = { destination: "/requests", method: "TransferComplete", receipt: "r1", "request-id": "d1" };
  say(device, "SEND", asked, transfer);
  assert.equal((await bench.engine.reports.take()).params["CommandKey"], "k");
  await device.settled();
  assert.equal(device.heard.untaken, 0);
  stored.resolve({ type: "stored" });
  const both = [...new StompReader(defaultStompLimits).read(Buffer.from(await device.heard.take()))];
  assert.deepEqual(
    both.map((item) => item.ok && item.value.kind === "frame" && item.value.frame.command),
    ["MESSAGE", "RECEIPT"],
  );

  const gone = async (): Promise<never> => {
    throw new Error("the engine is gone");
  };
  await using other = await openLightBench({ engine: { report: gone } });
  const lost = await subscribed(other);
  say(lost.device, "SEND", asked, transfer);
  const refusal = await hearMessage(lost.device);
  assert.equal(refusal.headers.get("status"), "fault");
  assert.match(Buffer.from(refusal.body).toString(), /"code":8005/);
  await lost.device.settled();
  assert.equal(lost.device.heard.untaken, 0);
});

test("an Inform goes by SEND, and is stored before it is answered", async () => {
  await using bench = await openLightBench();
  const { device } = await subscribed(bench);
  const inform = {
    ...{ DeviceId: { ...MAKER, SerialNumber: "S1" }, Event: [{ EventCode: "1 BOOT" }], MaxEnvelopes: 1 },
    ...{ CurrentTime: "2026-01-01T00:00:00Z", RetryCount: 0, ParameterList: {} },
  };
  say(device, "SEND", { destination: "/requests", method: "Inform", "request-id": "d1" }, inform);
  assert.deepEqual((await bench.engine.informs.take()).events, [{ code: "1 BOOT", commandKey: "" }]);
  assert.equal(Buffer.from((await hearMessage(device)).body).toString(), '{"MaxEnvelopes":1}');
});

test("Attach by SEND renews the token, and makes nobody callable who is not subscribed", async () => {
  await using bench = await openLightBench();
  const { device } = await connected(bench);
  say(device, "SUBSCRIBE", { id: "a", destination: "/responses" });
  const asked = { destination: "/requests", method: "Attach", "request-id": "d1" };
  say(device, "SEND", asked, { MaxInFlight: 8 });
  assert.equal((await bench.engine.attaches.take()).maxInFlight, 0);
  assert.match(Buffer.from((await hearMessage(device)).body).toString(), /"Token":"t"/);
});

test("a transaction of more requests than may be out one by one is served whole, and only at its COMMIT [STOMP-TX-2, STOMP-GROUP-2]", async () => {
  await using bench = await openLightBench({ bounds: { maxInFlight: 2 } });
  const { device } = await subscribed(bench);
  say(device, "BEGIN", { transaction: "t" });
  for (let number = 0; number < 10; number += 1) {
    say(device, "SEND", { destination: "/requests", method: "TransferComplete", transaction: "t" }, transfer);
  }
  await device.settled();
  assert.equal(bench.engine.reports.untaken, 0);
  say(device, "COMMIT", { transaction: "t", receipt: "all" });
  for (let number = 0; number < 10; number += 1) await bench.engine.reports.take();
  const receipt = await hear(device);
  assert.ok(receipt.command === "RECEIPT" && receipt.receiptId === "all");
});

test("a lost link drops what was not committed [STOMP-TX-4]", async () => {
  await using bench = await openLightBench();
  const { device } = await subscribed(bench);
  say(device, "BEGIN", { transaction: "t" });
  say(device, "SEND", { destination: "/requests", method: "TransferComplete", transaction: "t" }, transfer);
  await device.settled();
  device.socket.terminate();
  await bench.engine.closed.take();
  assert.equal(bench.engine.reports.untaken, 0);
});

test("a NACK ends a call without an answer, an ACK leaves it out", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await subscribed(bench, { ack: "client-individual" });
  const called = bench.engine.call(announcement, "a1", read);
  const { ack = "" } = await hearMessage(device);
  say(device, "NACK", { id: ack });
  assert.deepEqual(await called, { type: "no-answer", detail: "the device refused the call" });
  const other = bench.engine.call(announcement, "a2", read);
  say(device, "ACK", { id: (await hearMessage(device)).ack ?? "" });
  say(
    device,
    "SEND",
    { destination: "/responses", "request-id": "a2", status: "fault" },
    { code: 9002, message: "no" },
  );
  assert.deepEqual(await other, { type: "answered", outcome: { fault: { code: 9002, message: "no" } } });
});

test("UNSUBSCRIBE stops the calls", async () => {
  await using bench = await openLightBench();
  const { device, announcement } = await subscribed(bench);
  say(device, "UNSUBSCRIBE", { id: "q" });
  assert.equal((await bench.engine.attaches.take()).maxInFlight, 0);
  assert.deepEqual(await bench.engine.call(announcement, "a1", read), { type: "not-sent" });
});

test("a device that opens no session within ten seconds is told so, and closed [STOMP-LIGHT-3]", async () => {
  await using bench = await openLightBench();
  const { device } = await bench.connect("S1", stomp);
  await bench.clock.advance(9_999);
  assert.equal(device.ended.untaken, 0);
  await bench.clock.advance(1);
  assert.deepEqual(await hearError(device), { code: 1003, closeCode: "1003" });
});

test("ERROR is the last that is said, and the connection closes; DISCONNECT closes it with 1000 [STOMP-ERROR-1, STOMP-END-1]", async () => {
  await using bench = await openLightBench();
  const { device } = await subscribed(bench);
  say(device, "SEND", { destination: "/device/001122-Box-S2/requests", method: "Reboot" }, {});
  assert.deepEqual(await hearError(device), { code: 1003, closeCode: "1003" });
  const next = await subscribed(bench);
  say(next.device, "DISCONNECT", { receipt: "bye" });
  assert.equal((await hear(next.device)).command, "RECEIPT");
  assert.equal((await next.device.ended.take()).code, 1000);
});

test("where both sides have heart-beats there are no pings, and two silent periods end the connection [STOMP-LIGHT-5, STOMP-BEAT-4]", async () => {
  await using bench = await openLightBench();
  const { device } = await connected(bench, { "heart-beat": "30000,30000" });
  await bench.clock.advance(22_500);
  assert.equal(await device.heard.take(), "\n");
  await bench.clock.advance(37_499);
  assert.equal(device.pings.untaken, 0);
  assert.equal(device.ended.untaken, 0);
  await bench.clock.advance(1);
  assert.equal((await device.ended.take()).code, 1006);
});

test("without heart-beats the ACS pings as ever", async () => {
  await using bench = await openLightBench();
  const { device } = await connected(bench);
  await bench.clock.advance(30_000);
  await device.pings.take();
});

test("a socket without a token is nobody's until its passcode is found good [STOMP-LIGHT-2]", async () => {
  await using bench = await openLightBench();
  const { key, token } = await bench.enrol();
  const device = await openDevice(bench.url, stomp);
  await device.settled();
  assert.equal(bench.engine.connects.untaken, 0);
  say(device, "CONNECT", { ...opening, passcode: token });
  const announcement = await bench.engine.connects.take();
  assert.equal(announcement.device, key);
  assert.equal((await hear(device)).command, "CONNECTED");
  say(device, "SUBSCRIBE", { id: "q", destination: "/requests" });
  await bench.engine.attaches.take();
  assert.equal((await bench.engine.attaches.take()).maxInFlight, 1);
  void bench.engine.call(announcement, "a1", read);
  assert.equal((await hearMessage(device)).headers.get("request-id"), "a1");
});

for (const [kind, passcode] of [
  ["a wrong passcode", { passcode: "no" }],
  ["none", {}],
] as const) {
  test(`with ${kind} it is told so, and closed with 4001; no engine hears of it [STOMP-LIGHT-2]`, async () => {
    await using bench = await openLightBench();
    const device = await openDevice(bench.url, stomp);
    say(device, "CONNECT", { ...opening, ...passcode });
    assert.deepEqual(await hearError(device), { code: 4001, closeCode: "4001" });
    assert.equal(bench.engine.connects.untaken, 0);
  });
}

test("who waits says little, and not for long; what is too much ends it, and no more may wait than there is room for [STOMP-LIGHT-3]", async () => {
  await using bench = await openLightBench({ bounds: { maxWaiting: 2 } });
  const silent = await openDevice(bench.url, stomp);
  const loud = await openDevice(bench.url, stomp);
  assert.equal((await bench.knock(stomp)).status, 401);
  loud.say(`CONNECT\npasscode:${"x".repeat(7_000)}\n`.repeat(3));
  assert.equal((await hearError(loud)).code, 1009);
  await bench.clock.advance(10_000);
  assert.equal((await hearError(silent)).code, 1003);
  await openDevice(bench.url, stomp);
});

test("nor does it begin a message that is too much, whether it ends or not [STOMP-LIGHT-3]", async () => {
  await using bench = await openLightBench();
  const wire = await openLightWire(bench.port, "", { subprotocol: "v12.stomp" });
  await wire.write(frame("x".repeat(20_000), { opcode: opcodes.binary, fin: false }));
  await wire.write(frame("", { opcode: opcodes.ping }));
  assert.equal((await wire.frames.take()).opcode, opcodes.pong);
  await bench.clock.advance(999);
  assert.equal(wire.frames.untaken, 0);
  await bench.clock.advance(1);
  assert.equal(await wire.closeCode(), 1009);
  wire.socket.destroy();
});

test("other subprotocols need their token at the door, as ever [LIGHT-OPEN-4]", async () => {
  await using bench = await openLightBench();
  assert.equal((await bench.knock({ protocols: ["cwmp.soap", "v12.stomp"] })).status, 401);
});

test("who sends too many requests is told 8004, and each frame counts", async () => {
  await using bench = await openLightBench({ bounds: { messageBurst: 4, messagesPerSecond: 1 } });
  const { device } = await subscribed(bench);
  const ask = "SEND\ndestination:/requests\nmethod:GetRPCMethods\nrequest-id:d\n\n\0";
  device.say(ask.repeat(3));
  const last: string[] = [];
  for (let number = 0; number < 3; number += 1)
    last.push(Buffer.from((await hearMessage(device)).body).toString());
  assert.match(last.at(-1) ?? "", /"code":8004/);
});
