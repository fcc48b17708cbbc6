import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { stompSubprotocols, stompVersions } from "@heliograph/protocol";
import { asJson, openLightBench } from "../../../test/light-gateway-bench.ts";
import type { LightBench } from "../../../test/light-gateway-bench.ts";
import { openStompWire } from "../../../test/stomp-wire.ts";
import type { StompWire } from "../../../test/stomp-wire.ts";
import type { LightAnnouncement } from "../../ports/index.ts";

const opening = { "accept-version": "1.0,1.1,1.2", host: "acs" };
const read = { method: "GetParameterValues", params: { ParameterNames: ["Device."] } };
const transfer = {
  CommandKey: "k",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
};
const asking = { destination: "/requests", method: "TransferComplete" };

interface Connected {
  readonly wire: StompWire;
  readonly announcement: LightAnnouncement;
}

async function connected(
  bench: LightBench,
  headers: Readonly<Record<string, string>> = {},
): Promise<Connected> {
  const { token } = await bench.enrol();
  const wire = await openStompWire(bench.stompPort);
  wire.say("CONNECT", { ...opening, passcode: token, ...headers });
  const announcement = await bench.engine.connects.take();
  await bench.engine.attaches.take();
  await wire.hear("CONNECTED");
  return { wire, announcement };
}

async function subscribed(bench: LightBench): Promise<Connected> {
  const found = await connected(bench);
  found.wire.say("SUBSCRIBE", { id: "q", destination: "/requests", receipt: "ready" });
  await bench.engine.attaches.take();
  await found.wire.hear("RECEIPT");
  return found;
}

for (const version of stompVersions) {
  test(`a device speaks STOMP ${version} by TCP, and CONNECT says so: it is called, and answers [STOMP-TCP-1, STOMP-TCP-2]`, async () => {
    await using bench = await openLightBench();
    const { key, token } = await bench.enrol();
    const wire = await openStompWire(bench.stompPort, version);
    wire.say("CONNECT", { "accept-version": version, host: "acs", login: key, passcode: token });
    const announcement = await bench.engine.connects.take();
    assert.equal(announcement.device, key);
    assert.equal(announcement.subprotocol, stompSubprotocols[version]);
    assert.equal(announcement.address, "127.0.0.1");
    await bench.engine.attaches.take();
    assert.equal((await wire.hear("CONNECTED")).version, version);
    wire.say("SUBSCRIBE", { id: "q", destination: "/requests" });
    await bench.engine.attaches.take();
    const called = bench.engine.call(announcement, "a1", read);
    const message = await wire.hear("MESSAGE");
    assert.equal(message.headers.get("method"), read.method);
    const values = { "Device.": { Text: "a:b\\c\n❄" } };
    const answer = { destination: "/responses", "request-id": "a1", status: "ok" };
    wire.say("SEND", answer, { ParameterList: values });
    assert.deepEqual(asJson(await called), {
      type: "answered",
      outcome: { result: { ParameterList: values } },
    });
  });
}

test("who accepts no version that is spoken is told which are [STOMP-TCP-2]", async () => {
  await using bench = await openLightBench();
  const wire = await openStompWire(bench.stompPort);
  wire.say("CONNECT", { "accept-version": "2.0", host: "acs" });
  const error = await wire.hear("ERROR");
  assert.equal(error.headers.get("version"), "1.0,1.1,1.2");
  assert.equal(await wire.ended.take(), "closed");
});

test("a frame comes in whatever pieces the line makes of it, several in one [STOMP-TCP-1]", async () => {
  await using bench = await openLightBench();
  const { wire } = await subscribed(bench);
  const frame = `SEND\ndestination:/requests\nmethod:TransferComplete\n\n${JSON.stringify(transfer)}\0`;
  for (const byte of Buffer.from(frame)) {
    await new Promise<void>((resolve) => wire.socket.write(Buffer.of(byte), () => resolve()));
  }
  await bench.engine.reports.take();
  wire.socket.write(`${frame}\n${frame}`);
  await bench.engine.reports.take();
  await bench.engine.reports.take();
});

for (const [kind, headers] of [
  ["a wrong passcode", { passcode: "no" }],
  ["none", {}],
] as const) {
  test(`with ${kind} it is told so, and closed with 4001; no engine hears of it [STOMP-TCP-3]`, async () => {
    await using bench = await openLightBench();
    const wire = await openStompWire(bench.stompPort);
    wire.say("CONNECT", { ...opening, ...headers });
    assert.equal(await wire.hearEnd(), "4001");
    assert.equal(bench.engine.connects.untaken, 0);
  });
}

test("a device that the load gate turns away is told to come back [STOMP-TCP-3]", async () => {
  await using bench = await openLightBench({ bounds: { maxConnections: 0 } });
  const wire = await openStompWire(bench.stompPort);
  wire.say("CONNECT", { ...opening, passcode: (await bench.enrol()).token });
  assert.equal(await wire.hearEnd(), "1001");
});

const tooMuch: readonly (readonly [why: string, code: string, said: string])[] = [
  ["a line that does not end", "1009", `CONNECT\npasscode:${"x".repeat(8_200)}`],
  ["more than 16 KiB", "1009", `CONNECT\n${`a:${"x".repeat(4_000)}\n`.repeat(5)}`],
  ["HTTP", "1003", "GET / HTTP/1.1\r\nHost: acs\r\n\r\n"],
  ["another frame than CONNECT", "1003", "SEND\ndestination:/requests\n\n\0"],
];
for (const [why, code, said] of tooMuch) {
  test(`${why} before the session is open gets ERROR and the end [STOMP-TCP-3]`, async () => {
    await using bench = await openLightBench();
    const wire = await openStompWire(bench.stompPort);
    wire.socket.write(said);
    assert.equal(await wire.hearEnd(), code);
  });
}

test("no more may wait than there is room for, and none for longer than ten seconds [STOMP-TCP-3]", async () => {
  await using bench = await openLightBench({ bounds: { maxWaiting: 2 } });
  const waiting = [await openStompWire(bench.stompPort), await openStompWire(bench.stompPort)];
  const late = await openStompWire(bench.stompPort);
  const { message, headers } = await late.hear("ERROR");
  assert.deepEqual([message, headers.get("close-code")], ["10", "1001"]);
  await late.ended.take();
  await bench.clock.advance(10_000);
  for (const wire of waiting) assert.equal(await wire.hearEnd(), "1003");
  await connected(bench);
});

test("the newest connection of a device takes the place of the one before, whatever carries it [STOMP-TCP-4]", async () => {
  await using bench = await openLightBench();
  const { announcement } = await bench.attach();
  const { wire, announcement: second } = await connected(bench);
  assert.notEqual(second.connection, announcement.connection);
  bench.engine.disconnect(second, 4000, "replaced");
  assert.equal(await wire.hearEnd(), "4000");
});

test("where both sides have heart-beats, they alone say who is there [STOMP-TCP-5, STOMP-BEAT-3, STOMP-BEAT-4]", async () => {
  await using bench = await openLightBench();
  const { wire } = await connected(bench, { "heart-beat": "20000,40000" });
  await bench.clock.advance(29_999);
  assert.equal(wire.beats.untaken, 0);
  await bench.clock.advance(1);
  await wire.beats.take();
  await bench.clock.advance(29_999);
  assert.equal(bench.engine.closed.untaken, 0);
  await bench.clock.advance(1);
  assert.match((await bench.engine.closed.take()).detail ?? "", /left out its heart-beats/);
});

test("a device that promises no heart-beats may be silent, and is sent none that it does not want [STOMP-TCP-5]", async () => {
  await using bench = await openLightBench();
  const { wire, announcement } = await subscribed(bench);
  await bench.clock.advance(600_000);
  assert.equal(wire.beats.untaken, 0);
  void bench.engine.call(announcement, "a1", read);
  assert.equal((await wire.hear("MESSAGE")).headers.get("request-id"), "a1");
});

test("1.0 has no heart-beats, whatever CONNECT says of them [STOMP-BEAT-5]", async () => {
  await using bench = await openLightBench();
  const { wire } = await connected(bench, { "accept-version": "1.0", "heart-beat": "1000,1000" });
  await bench.clock.advance(120_000);
  assert.equal(wire.beats.untaken, 0);
  assert.equal(bench.engine.closed.untaken, 0);
});

test("what came before the end of the connection is processed, though the device is gone [STOMP-END-2]", async () => {
  await using bench = await openLightBench();
  const { wire } = await connected(bench);
  wire.say("SEND", asking, transfer);
  wire.socket.end();
  assert.equal((await bench.engine.reports.take()).method, "TransferComplete");
  assert.match((await bench.engine.closed.take()).detail ?? "", /the device closed it/);
});

test("what came before DISCONNECT is processed, and its receipt is the last frame [STOMP-END-2, STOMP-END-1]", async () => {
  await using bench = await openLightBench();
  const { wire } = await connected(bench);
  wire.say("SEND", asking, transfer);
  wire.say("DISCONNECT", { receipt: "bye" });
  assert.equal((await wire.hear("RECEIPT")).receiptId, "bye");
  assert.equal(await wire.ended.take(), "closed");
  assert.equal((await bench.engine.reports.take()).method, "TransferComplete");
});

test("a device has time to read the last frame, though it goes on talking; then the line is cut [STOMP-END-3]", async () => {
  await using bench = await openLightBench({ bounds: { closeTimeoutMs: 5_000 } });
  const { token } = await bench.enrol();
  const wire = await openStompWire(bench.stompPort);
  wire.socket.allowHalfOpen = true;
  wire.say("CONNECT", { ...opening, passcode: token });
  await wire.hear("CONNECTED");
  wire.say("SEND", { destination: "/nowhere" });
  assert.equal((await wire.hear("ERROR")).headers.get("close-code"), "1003");
  assert.equal(await wire.ended.take(), "closed");
  const cut = new Promise<string>((resolve) => {
    wire.socket.once("close", () => resolve("cut"));
  });
  await bench.clock.advance(4_999);
  wire.say("SEND", asking, transfer);
  await setImmediate();
  assert.equal(wire.socket.destroyed, false);
  await bench.clock.advance(1);
  wire.socket.end();
  assert.equal(await cut, "cut");
  assert.equal(bench.engine.reports.untaken, 0);
});

test("a server that ends sends its devices away by ERROR, whose message is the pause to take a random part of [STOMP-TCP-6]", async () => {
  await using bench = await openLightBench({ bounds: { leastDrainSeconds: 45 } });
  const { wire } = await subscribed(bench);
  const closed = bench.gateway.close();
  const { message, headers } = await wire.hear("ERROR");
  assert.deepEqual([message, headers.get("close-code")], ["45", "1001"]);
  assert.equal(await wire.ended.take(), "closed");
  const late = await openStompWire(bench.stompPort);
  assert.equal((await late.hear("ERROR")).message, "10");
  await bench.clock.advance(5_000);
  await closed;
});

test("a client that names no host is let in [STOMP-CONNECT-5]", async () => {
  await using bench = await openLightBench();
  const wire = await openStompWire(bench.stompPort);
  wire.say("CONNECT", { "accept-version": "1.2", passcode: (await bench.enrol()).token });
  assert.equal((await wire.hear("CONNECTED")).version, "1.2");
});

const headers = (count: number): string => "a:b\n".repeat(count);
const refusedFrames: readonly (readonly [why: string, code: string, frame: string])[] = [
  ["more headers than the limit", "1009", `SEND\n${headers(65)}\n\0`],
  ["a line that is too long", "1009", `SEND\na:${"b".repeat(8_192)}\n\n\0`],
  ["a body that is announced too long", "1009", "SEND\ncontent-length:1048577\n\n"],
  ["a body that goes on and on", "1009", `SEND\n\n${"b".repeat(1_048_577)}`],
  ["no NUL where content-length ends", "1003", "SEND\ncontent-length:1\n\nbb\0"],
  ["an escape that there is not", "1003", "SEND\ndestination:/requests\na:\\t\n\n\0"],
  ["no destination", "1003", "SEND\nmethod:Kicked\n\n{}\0"],
  ["a destination that there is not", "1003", "SEND\ndestination:/queue/a\n\n{}\0"],
  ["an answer to nothing", "1003", "SEND\ndestination:/responses\n\n{}\0"],
  ["a transaction that is not open", "1003", "SEND\ndestination:/requests\ntransaction:t\n\n\0"],
  ["a subscription to nothing", "1003", "SUBSCRIBE\nid:x\ndestination:/queue/a\n\n\0"],
  ["a second one to the same", "1003", "SUBSCRIBE\nid:x\ndestination:/requests\n\n\0"],
  ["an id that is in use", "1003", "SUBSCRIBE\nid:q\ndestination:/responses\n\n\0"],
  ["CONNECT again", "1003", "CONNECT\naccept-version:1.2\n\n\0"],
];
for (const [why, code, frame] of refusedFrames) {
  test(`a frame is refused by ERROR, and the connection closes: ${why} [STOMP-LIMIT-5, STOMP-SEND-2, STOMP-SUBSCRIBE-5]`, async () => {
    await using bench = await openLightBench();
    const { wire } = await subscribed(bench);
    wire.socket.write(frame);
    assert.equal(await wire.hearEnd(), code);
    assert.match(
      (await bench.engine.closed.take()).detail ?? "",
      new RegExp(`the ACS closed it with ${code}`),
    );
    assert.equal(bench.engine.reports.untaken, 0);
  });
}

test("text that is no UTF-8 in a header is no frame", async () => {
  await using bench = await openLightBench();
  const { wire } = await subscribed(bench);
  const bytes = [
    Buffer.from("SEND\ndestination:/requests\na:"),
    Buffer.of(0xff, 0xfe),
    Buffer.from("\n\n\0"),
  ];
  wire.socket.write(Buffer.concat(bytes));
  assert.equal(await wire.hearEnd(), "1003");
});

test("an answer goes to who asked, whatever reply-to says [STOMP-RPC-5]", async () => {
  await using bench = await openLightBench();
  const { wire } = await subscribed(bench);
  const other = await bench.attach("S2");
  wire.say("SUBSCRIBE", { id: "a", destination: "/responses" });
  const elsewhere = { "reply-to": "/device/001122-Box-S2/responses" };
  wire.say(
    "SEND",
    { destination: "/requests", method: "GetRPCMethods", "request-id": "d1", ...elsewhere },
    {},
  );
  const { destination, subscription, headers: answered } = await wire.hear("MESSAGE");
  assert.deepEqual([destination, subscription, answered.get("request-id")], ["/responses", "a", "d1"]);
  assert.equal(answered.get("reply-to"), undefined);
  await other.device.settled();
  assert.equal(other.device.heard.untaken, 0);
});
