import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { VirtualClock } from "@heliograph/testkit";
import { Calls } from "./calls.ts";
import { LightConnection } from "./light-connection.ts";
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

class Bench {
  readonly clock = new VirtualClock();
  readonly transport = new ScriptedTransport();
  readonly closings: string[] = [];
  readonly connection: LightConnection;
  #asked = 0;

  constructor() {
    this.connection = new LightConnection({
      transport: this.transport,
      target: { url: "ws://acs/", subprotocol: "cwmp.json", token: "t" },
      clock: this.clock,
      calls: new Calls({
        maxInFlight: 1,
        replayWindow: 0,
        dispatch: async () => ({ kind: "answer", method: "Reboot", result: {} }),
        hold: () => undefined,
        release: () => undefined,
      }),
      freshId: () => `d${(this.#asked += 1)}`,
      onOpened: () => undefined,
      onRefused: ({ reason }) => this.closings.push(reason),
      onClosed: (code, reason) => this.closings.push(`${code} ${reason}`),
    });
    this.transport.listener.opened();
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
  const attached = it.connection.attach({ MaxInFlight: 1 });
  it.hear({ id: "d1", result: { ...attachAnswer, PingInterval: "often" } });
  await assert.rejects(attached, { code: "E_REQUEST_REFUSED", message: /what is no answer/ });
  const second = it.connection.attach({ MaxInFlight: 1 });
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
  it.connection.attached(attachAnswer);
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
  it.connection.attached(attachAnswer);
  for (let count = 0; count < 4; count++) {
    await it.clock.advance(59_000);
    it.transport.listener.received("");
  }
  assert.deepEqual(it.closings, []);
  assert.deepEqual(it.transport.link.sent, []);
});

test("what is no JSON ends the connection with 1003, what is no token is refused [LIGHT-TOKEN-1]", () => {
  const it = new Bench();
  it.transport.listener.received("[]");
  assert.match(it.transport.link.sent.join(""), /"id":null.*-32600/);
  assert.equal(it.transport.link.ended, undefined);
  it.transport.listener.received("{");
  assert.equal(it.transport.link.ended, 1003);
  assert.deepEqual(it.closings, ["1006 the ACS sends what is no token: it is no JSON"]);
});

test("whoever ends it hears no more of it, and what was asked is lost", async () => {
  const it = new Bench();
  it.connection.attached(attachAnswer);
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
