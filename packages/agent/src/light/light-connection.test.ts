import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { encodeAnswer, encodeFault } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import { Calls } from "./calls.ts";
import { LightConnection } from "./light-connection.ts";
import { Observations } from "./observations.ts";
import { ScriptedTransport } from "./scripted-link.fixture.ts";

const attachAnswer = {
  Session: "s",
  Token: "t",
  ExpiresIn: 60,
  PingInterval: 30,
  MaxInFlight: 8,
  MaxMessageBytes: 1_000_000,
  Channels: {},
};

const attachment = { fresh: undefined, pingInterval: 30, maxMessageBytes: 1_000_000 };

const attaching = {
  wishes: { MaxInFlight: 1 },
  inform: () => ({
    DeviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Sundial", SerialNumber: "42" },
    Event: [{ EventCode: "2 PERIODIC" }],
    MaxEnvelopes: 1,
    CurrentTime: "2026-01-31T12:00:00Z",
    RetryCount: 0,
    ParameterList: {},
  }),
};

class Bench {
  readonly clock = new VirtualClock();
  readonly transport = new ScriptedTransport();
  readonly closings: string[] = [];
  readonly connection: LightConnection;
  #asked = 0;

  constructor(subprotocol = "cwmp.json") {
    this.connection = new LightConnection({
      transport: this.transport,
      target: { url: "ws://acs/", subprotocols: ["cwmp.json"], token: "t" },
      clock: this.clock,
      calls: new Calls({
        maxInFlight: 1,
        replayWindow: 0,
        dispatch: async () => ({ kind: "answer", method: "Reboot", result: {} }),
        hold: () => undefined,
        release: () => undefined,
      }),
      observations: new Observations({ model: dataModel({ "Device.X": "x" }), clock: this.clock }),
      freshId: () => `d${(this.#asked += 1)}`,
      onOpened: () => undefined,
      onRefused: ({ reason, isFinal }) =>
        this.closings.push(isFinal === true ? `${reason}, for good` : reason),
      onClosed: (code, reason) => this.closings.push(`${code} ${reason}`),
    });
    this.transport.listener.opened(subprotocol);
  }

  hear(token: object): void {
    this.transport.listener.received(JSON.stringify({ jsonrpc: "2.0", ...token }));
  }
}

const inform = { method: "X_00D09E_Hello", params: {} } as const;

test("an answer settles the request of its id, and no other", async () => {
  const it = new Bench();
  const [one, other] = [it.connection.ask(inform), it.connection.ask(inform)];
  assert.deepEqual(it.transport.link.take(), [
    { jsonrpc: "2.0", id: "d1", method: "X_00D09E_Hello" },
    { jsonrpc: "2.0", id: "d2", method: "X_00D09E_Hello" },
  ]);
  it.hear({ id: "d9", result: {} });
  it.hear({ id: "d2", error: { code: 8001, message: "Request denied" } });
  it.hear({ id: "d1", result: {} });
  await one;
  await assert.rejects(other, {
    code: "E_REQUEST_REFUSED",
    message: "the ACS refuses X_00D09E_Hello: 8001 Request denied",
  });
});

test("8005 asks for the same once more, but not for ever [CWMP-FAULT-6]", async () => {
  const it = new Bench();
  const asked = it.connection.ask(inform);
  const refused = assert.rejects(asked, { code: "E_REQUEST_REFUSED", message: /again and again/ });
  for (let count = 1; count <= 4; count++) {
    it.hear({ id: `d${count}`, error: { code: 8005, message: "Retry request" } });
    await setImmediate();
  }
  await refused;
  assert.equal(it.transport.link.sent.length, 4);
});

test("what is no answer to Attach is refused", async () => {
  const it = new Bench();
  const attached = it.connection.attach(attaching);
  it.hear({ id: "d1", result: { ...attachAnswer, PingInterval: "often" } });
  await assert.rejects(attached, { code: "E_REQUEST_REFUSED", message: /what is no answer/ });
  const second = it.connection.attach(attaching);
  it.hear({ id: "d2", result: { ...attachAnswer, Token: "" } });
  await assert.rejects(second, { code: "E_REQUEST_REFUSED", message: /without a token/ });
});

test("an ACS that does not answer for 30 s is not there any more", async () => {
  const it = new Bench();
  const asked = it.connection.ask(inform);
  await it.clock.advance(29_999);
  assert.deepEqual(it.closings, []);
  const lost = assert.rejects(asked, { code: "E_CONNECTION_LOST" });
  await it.clock.advance(1);
  await lost;
  assert.deepEqual(it.closings, ["1006 the ACS does not answer X_00D09E_Hello"]);
  assert.equal(it.transport.link.ended, "dropped");
  assert.equal(it.clock.waiting, 0);
});

test("two silent periods end the connection; whatever is heard counts [LIGHT-LIVE-4]", async () => {
  const it = new Bench();
  it.connection.attached(attachment);
  await it.clock.advance(59_000);
  it.transport.listener.heard();
  await it.clock.advance(59_000);
  it.hear({ id: "d9", result: {} });
  await it.clock.advance(59_999);
  assert.deepEqual(it.closings, []);
  await it.clock.advance(1);
  assert.deepEqual(it.closings, ["1006 the ACS is silent for 60 s"]);
});

test("an empty text is a sign of life and nothing else [LIGHT-LIVE-3]", async () => {
  const it = new Bench();
  it.connection.attached(attachment);
  for (let count = 0; count < 4; count++) {
    await it.clock.advance(59_000);
    it.transport.listener.received("");
  }
  assert.deepEqual(it.closings, []);
  assert.deepEqual(it.transport.link.sent, []);
});

test("who asked for empty texts in place of pings answers each with one of its own", async () => {
  const it = new Bench();
  const attached = it.connection.attach({ ...attaching, wishes: { KeepAlive: true } });
  it.hear({ id: "d1", result: attachAnswer });
  it.connection.attached(await attached);
  it.transport.link.sent.splice(0);
  it.transport.listener.received("");
  assert.deepEqual(it.transport.link.sent, [""]);
});

test("a subprotocol that the device does not speak is closed with 1000, and not tried again", () => {
  const it = new Bench("cwmp.cbor");
  assert.equal(it.transport.link.ended, 1000);
  assert.deepEqual(it.closings, ["the ACS takes none of the subprotocols, for good"]);
});

test("what is no JSON ends the connection with 1003, what is no token is refused [LIGHT-TOKEN-1]", () => {
  const it = new Bench();
  it.transport.listener.received("[]");
  assert.match(it.transport.link.sent.join(""), /"id":null.*-32600/);
  assert.equal(it.transport.link.ended, undefined);
  it.transport.listener.received("{");
  assert.equal(it.transport.link.ended, 1003);
  assert.deepEqual(it.closings, ["1006 the ACS sends what cannot be read: it is no JSON"]);
});

test("whoever ends it hears no more of it, and what was asked is lost", async () => {
  const it = new Bench();
  it.connection.attached(attachment);
  const lost = assert.rejects(it.connection.ask(inform), { code: "E_CONNECTION_LOST" });
  it.connection.end();
  await lost;
  it.transport.listener.closed(1000, "");
  assert.equal(it.transport.link.ended, 1000);
  assert.deepEqual(it.closings, []);
  assert.equal(it.clock.waiting, 0);
  await assert.rejects(it.connection.ask(inform), { code: "E_CONNECTION_LOST" });
});

test("an upgrade that is refused ends it", () => {
  const it = new Bench();
  it.transport.listener.refused({ reason: "no" });
  it.transport.listener.closed(1006, "");
  assert.deepEqual(it.closings, ["no"]);
});

const frame = { namespace: "urn:dslforum-org:cwmp-1-0" };
const asking = { method: "GetRPCMethods", params: {} } as const;

test("where one request is out at a time, the next goes when the one before has ended, whichever way [LIGHT-SOAP-3]", async () => {
  const it = new Bench("cwmp.soap");
  const { link, listener } = it.transport;
  const [first, second] = [it.connection.ask(asking), it.connection.ask(asking)];
  const refused = assert.rejects(first, { code: "E_REQUEST_REFUSED" });
  await setImmediate();
  assert.equal(link.sent.length, 1);
  listener.received(encodeFault({ ...frame, role: "acs", fault: { code: 8001, message: "no" } }));
  await refused;
  await setImmediate();
  assert.equal(link.sent.length, 2);
  const result = { MethodList: ["Inform"] };
  listener.received(encodeAnswer({ ...frame, method: "GetRPCMethods", result }));
  await second;
});

test("a token that an Inform brought along attaches without another, less what it has lived meanwhile", async () => {
  const it = new Bench("cwmp.soap");
  const told = it.connection.ask({ method: "Inform", params: attaching.inform() });
  await setImmediate();
  const reference = { url: "wss://acs/", subprotocol: "cwmp.soap", token: "t.fresh", expiresIn: 600 };
  const header = { webSocketReference: reference };
  const answer = encodeAnswer({ ...frame, header, method: "Inform", result: { MaxEnvelopes: 1 } });
  it.transport.listener.received(answer);
  await told;
  await it.clock.advance(100_000);
  const { fresh } = await it.connection.attach(attaching);
  assert.deepEqual(fresh, { token: "t.fresh", expiresIn: 500 });
  assert.equal(it.transport.link.sent.length, 1);
});
