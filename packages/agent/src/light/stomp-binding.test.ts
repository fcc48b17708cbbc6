import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceReply } from "../dispatch.ts";
import type { Heard } from "./binding.ts";
import { bodyOf, connected, error, message, oneFrame, receipt } from "./stomp-acs.fixture.ts";
import { stompBinding } from "./stomp-binding.ts";

const attaching = {
  wishes: { MaxInFlight: 4, MaxMessageBytes: 4096, ReplayWindow: 16 },
  inform: () => assert.fail("nothing is told by Inform"),
};
const attachAnswer = {
  Session: "s",
  Token: "t.renewed",
  ExpiresIn: 86_400,
  PingInterval: 30,
  MaxInFlight: 16,
  MaxMessageBytes: 2_048,
};
const reply: DeviceReply = {
  kind: "answer",
  method: "GetParameterValues",
  result: { ParameterList: { "Device.": { X: 1 } } },
};

/** One session, from the ACS's side. */
class Bench {
  readonly speech = stompBinding.open("wss://acs.example:7547/light");

  hear(sent: string | Uint8Array): Heard {
    const [heard, ...more] = this.speech.read(sent);
    assert.ok(heard !== undefined && more.length === 0);
    return heard;
  }

  letIn(headers: Readonly<Record<string, string>> = {}, heartBeat?: string): readonly Heard[] {
    return this.speech.read(connected(headers, heartBeat));
  }
}

function letIn(...given: Parameters<Bench["letIn"]>): Bench {
  const it = new Bench();
  it.letIn(...given);
  return it;
}

function faultIn(heard: Heard): { readonly requestId: string | undefined; readonly code: unknown } {
  assert.ok(heard.type === "retort", JSON.stringify(heard));
  const frame = oneFrame(heard.message, "SEND");
  assert.deepEqual([frame.destination, frame.headers.get("status")], ["/responses", "fault"]);
  const body = bodyOf(frame);
  assert.ok(typeof body === "object" && body !== null && "code" in body);
  return { requestId: frame.headers.get("request-id"), code: body.code };
}

test("a session begins with CONNECT, which names the host and no secret: the token went with the opening", () => {
  const { opening } = new Bench().speech;
  assert.ok(opening !== undefined);
  const { acceptVersions, host, passcode, heartBeat } = oneFrame(opening, "CONNECT");
  assert.deepEqual(
    { acceptVersions, host, passcode, heartBeat },
    {
      acceptVersions: ["1.2"],
      host: "acs.example:7547",
      passcode: undefined,
      heartBeat: { sends: 30_000, wants: 30_000 },
    },
  );
});

test("who is let in subscribes to the answers to its requests, and keeps the heart-beats that were agreed on", () => {
  const [subscribed, ready, ...more] = new Bench().letIn({}, "10000,40000");
  assert.ok(subscribed?.type === "retort" && more.length === 0);
  assert.equal(oneFrame(subscribed.message, "SUBSCRIBE").destination, "/responses");
  assert.deepEqual(ready, { type: "ready", heartBeats: { sendAfterMs: 30_000, deadAfterMs: 60_000 } });
});

test("the subscription to calls attaches: it says what the device takes and keeps, and its receipt is the answer", () => {
  const it = letIn({ token: "t.fresh", "token-expires-in": "86400", "max-message-bytes": "2048" });
  const {
    destination,
    receipt: asked,
    ack,
    headers,
  } = oneFrame(it.speech.writeAttach("d1", attaching), "SUBSCRIBE");
  assert.deepEqual([destination, asked, ack], ["/requests", "d1", "auto"]);
  assert.deepEqual(Object.fromEntries(headers), {
    "max-in-flight": "4",
    "max-message-bytes": "4096",
    "replay-window": "16",
  });
  const heard = it.hear(receipt("d1"));
  assert.ok(heard.type === "answer" && heard.id === "d1");
  assert.deepEqual(it.speech.readAttached(heard.answer.result), {
    ok: true,
    value: { fresh: { token: "t.fresh", expiresIn: 86_400 }, pingInterval: 30, maxMessageBytes: 2_048 },
  });
});

test("where both sides heart-beat, pings do not count", () => {
  const it = letIn({}, "10000,10000");
  it.speech.writeAttach("d1", attaching);
  const heard = it.hear(receipt("d1"));
  assert.ok(heard.type === "answer");
  assert.deepEqual(it.speech.readAttached(heard.answer.result), {
    ok: true,
    value: { fresh: undefined, pingInterval: undefined, maxMessageBytes: 1_048_576 },
  });
});

test("what renews the token later is an Attach as in tokens", () => {
  const it = letIn();
  it.speech.writeAttach("d1", attaching);
  const frame = oneFrame(it.speech.writeAttach("d2", attaching), "SEND");
  assert.deepEqual([frame.destination, frame.receipt], ["/requests", undefined]);
  assert.deepEqual([frame.headers.get("method"), frame.headers.get("request-id")], ["Attach", "d2"]);
  assert.deepEqual(bodyOf(frame), attaching.wishes);
  const heard = it.hear(message("/responses", { "request-id": "d2", status: "ok" }, attachAnswer));
  assert.ok(heard.type === "answer" && heard.id === "d2");
  assert.partialDeepStrictEqual(it.speech.readAttached(heard.answer.result), {
    value: { fresh: { token: "t.renewed", expiresIn: 86_400 }, maxMessageBytes: 2_048 },
  });
  const none = it.speech.readAttached({});
  assert.ok(!none.ok, "what is no answer to Attach is none");
});

test("a request that must be stored asks for a receipt, one that only asks does not", () => {
  const it = letIn();
  const params = { a: 1 };
  const told = oneFrame(it.speech.writeRequest("d1", { method: "X_00D09E_Tell", params }), "SEND");
  assert.deepEqual(
    [told.destination, told.receipt, told.contentType],
    ["/requests", "d1", "application/json"],
  );
  assert.deepEqual(bodyOf(told), params);
  const asked = oneFrame(it.speech.writeRequest("d2", { method: "GetRPCMethods", params: {} }), "SEND");
  assert.equal(asked.receipt, undefined);
  assert.deepEqual(it.hear(receipt("d1")), { type: "stored", id: "d1" });
});

test("an answer is told by its request-id: a result, or a fault", () => {
  const it = letIn();
  assert.deepEqual(
    it.hear(message("/responses", { "request-id": "d1", status: "ok" }, { MaxEnvelopes: 1 })),
    {
      type: "answer",
      id: "d1",
      answer: { result: { MaxEnvelopes: 1 } },
    },
  );
  const fault = { code: 8005, message: "Retry request" };
  assert.deepEqual(it.hear(message("/responses", { "request-id": "d2", status: "fault" }, fault)), {
    type: "answer",
    id: "d2",
    answer: { fault },
  });
});

test("an answer that cannot be understood is one all the same, to that request", () => {
  const it = letIn();
  for (const [status, body] of [
    ["ok", "{"],
    ["ok", "[]"],
    ["fault", "{}"],
  ] as const) {
    const heard = it.hear(message("/responses", { "request-id": "d1", status }, body));
    assert.ok(heard.type === "answer" && heard.answer.problem !== undefined, body);
  }
});

test("a call is answered on /responses with its request-id, values alone where they were asked for [LIGHT-LIST-7]", () => {
  const it = letIn();
  const names = ["Device.X"];
  const params = { ParameterNames: names, Shape: "values" };
  const heard = it.hear(message("/requests", { method: "GetParameterValues", "request-id": "a:1" }, params));
  assert.ok(heard.type === "call");
  const { id, request, positional } = heard.call;
  assert.deepEqual([id, request.method, positional], ["a:1", "GetParameterValues", true]);
  const frame = oneFrame(it.speech.writeAnswer({ id: "a:1", reply, names }), "SEND");
  assert.deepEqual([frame.destination, frame.contentType], ["/responses", "application/json"]);
  assert.deepEqual(Object.fromEntries(frame.headers), { "request-id": "a:1", status: "ok" });
  assert.deepEqual(bodyOf(frame), { Values: [1] });
});

test("a fault says so, and is the error object of a token", () => {
  const fault = { code: 9005, message: "Invalid parameter name" };
  const sent = new Bench().speech.writeAnswer({ id: 7, reply: { kind: "fault", fault } });
  const frame = oneFrame(sent, "SEND");
  assert.deepEqual(Object.fromEntries(frame.headers), { "request-id": "7", status: "fault" });
  assert.deepEqual(bodyOf(frame), fault);
});

test("an id that no header can carry is still answered", () => {
  const frame = oneFrame(new Bench().speech.writeAnswer({ id: "\ud800\n", reply }), "SEND");
  assert.equal(frame.headers.get("request-id"), "\ufffd\n");
});

test("a method that no device has gets -32601, params that are none -32602; without a request-id nobody is told", () => {
  const it = letIn();
  const call = (method: string, body: object | string, id?: string): Heard =>
    it.hear(message("/requests", { method, ...(id === undefined ? {} : { "request-id": id }) }, body));
  assert.deepEqual(faultIn(call("Frobnicate", {}, "a1")), { requestId: "a1", code: -32601 });
  assert.deepEqual(faultIn(call("ScheduleInform", { DelaySeconds: "soon" }, "a2")).code, -32602);
  assert.deepEqual(faultIn(call("Reboot", "{", "a3")).code, -32602);
  assert.deepEqual(call("Frobnicate", {}), { type: "nothing" });
  const unconfirmed = call("Reboot", {});
  assert.ok(unconfirmed.type === "call" && unconfirmed.call.id === undefined);
});

test("ERROR is the last word of the ACS, with the code that the connection closes with", () => {
  const ended = letIn().hear(error("30", { "close-code": "1001" }));
  assert.deepEqual(ended, { type: "ended", code: 1001, reason: "30" });
  assert.partialDeepStrictEqual(new Bench().hear(error("no")), { type: "ended", code: 1006, reason: "no" });
});

test("DISCONNECT is the last word of the device, and its receipt the answer to that", () => {
  const it = letIn();
  const parting = it.speech.writeParting("d9");
  assert.ok(parting !== undefined);
  assert.equal(oneFrame(parting, "DISCONNECT").receipt, "d9");
  assert.deepEqual(it.hear(receipt("d9")), { type: "parted" });
});

test("frames may be cut anywhere, and come as texts or bytes", () => {
  const it = letIn();
  const bytes = message("/requests", { method: "Reboot", "request-id": "a1" }, { CommandKey: "ä" });
  const heard = [...bytes].flatMap((byte) => it.speech.read(Uint8Array.of(byte)));
  assert.deepEqual(
    heard.map(({ type }) => type),
    ["call"],
  );
  assert.equal(it.hear(Buffer.from(bytes).toString()).type, "call");
  assert.deepEqual(it.hear("\n"), { type: "nothing" });
});

test("what is no frame ends the connection with 1003", () => {
  assert.partialDeepStrictEqual(letIn().hear("GET / HTTP/1.1\n\n\0"), { type: "unreadable", code: 1003 });
  assert.partialDeepStrictEqual(letIn().hear("SEND\ndestination:/\n\n\0"), {
    type: "unreadable",
    code: 1003,
  });
});
