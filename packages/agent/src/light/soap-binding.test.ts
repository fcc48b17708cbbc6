import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeFault,
  encodeRequest,
} from "@heliograph/protocol";
import type { SoapEnvelope, SoapFrame } from "@heliograph/protocol";
import type { DeviceReply } from "../dispatch.ts";
import type { Call, Heard } from "./binding.ts";
import { soapBinding } from "./soap-binding.ts";

const frame: SoapFrame = { id: "9c41f0a2b7d3e856", namespace: "urn:dslforum-org:cwmp-1-0" };
const reading = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;
const reply: DeviceReply = {
  kind: "answer",
  method: "GetParameterValues",
  result: { ParameterList: { "Device.": { X: true } } },
};
const reference = { url: "wss://acs/light", subprotocol: "cwmp.soap", token: "t.fresh", expiresIn: 86_400 };
const inform = {
  DeviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Sundial", SerialNumber: "42" },
  Event: [{ EventCode: "2 PERIODIC" }],
  MaxEnvelopes: 1,
  CurrentTime: "2026-01-31T12:00:00Z",
  RetryCount: 0,
  ParameterList: {},
};

/** One connection, from the ACS's side. */
class Bench {
  readonly speech = soapBinding.open("ws://acs/");

  hear(message: string | Uint8Array): Heard {
    const [heard, ...more] = this.speech.read(message);
    assert.ok(heard !== undefined && more.length === 0);
    return heard;
  }

  call(given: Partial<SoapFrame> = {}): Call {
    const heard = this.hear(encodeRequest({ ...frame, ...given, request: reading }));
    assert.ok(heard.type === "call");
    return heard.call;
  }

  /** The device Informs; then it hears this. */
  informed(given: Partial<SoapFrame>): Heard {
    this.speech.writeRequest("d1", { method: "Inform", params: inform });
    return this.hear(encodeAnswer({ ...frame, ...given, method: "Inform", result: { MaxEnvelopes: 1 } }));
  }
}

function envelope(message: string | Uint8Array): SoapEnvelope<"acs"> {
  const decoded = decodeEnvelope(String(message), { role: "acs", limits: defaultLimits });
  assert.ok(decoded.ok, String(message));
  return decoded.value;
}

function refusalIn(heard: Heard): SoapEnvelope<"acs"> & { readonly code: number } {
  assert.ok(heard.type === "retort", JSON.stringify(heard));
  const refusal = envelope(heard.message);
  assert.ok(refusal.body.kind === "fault");
  return { ...refusal, code: refusal.body.fault.code };
}

test("a call is answered with its id, in the namespace and the manner of the ACS [LIGHT-SOAP-1]", () => {
  const it = new Bench();
  const { id, request } = it.call({ style: { declaration: true } });
  assert.equal(id, frame.id);
  assert.deepEqual(JSON.parse(JSON.stringify(request)), { kind: "request", ...reading });
  const text = it.speech.writeAnswer({ id: "9c41f0a2b7d3e856", reply });
  assert.match(String(text), /^<\?xml /);
  const { id: answered, namespace, body } = envelope(text);
  assert.deepEqual({ answered, namespace }, { answered: frame.id, namespace: frame.namespace });
  assert.ok(body.kind === "answer" && body.method === "GetParameterValues");
});

test("an answer that is owed from tokens, values alone, leaves as an envelope with names [LIGHT-LOSS-2]", () => {
  const text = new Bench().speech.writeAnswer({ id: 7, reply, names: ["Device.X"] });
  const { id, body } = envelope(text);
  assert.equal(id, "7");
  assert.ok(body.kind === "answer" && body.method === "GetParameterValues");
  assert.deepEqual(Object.keys(body.result.ParameterList), ["Device."]);
});

for (const id of [undefined, ""]) {
  test(`a call with ${id === undefined ? "no id" : "an empty id"} is answered without one`, () => {
    const { id: named, writeAnswer } = new Bench().call({ id });
    assert.equal(named, undefined);
    assert.ok(writeAnswer !== undefined);
    assert.equal(envelope(writeAnswer(reply)).id, undefined);
  });
}

for (const id of ["d1", "", undefined, "made-up"]) {
  test(`an answer with the id ${id ?? "that is missing"} is that to the request that is out`, () => {
    const heard = new Bench().informed({ id });
    assert.partialDeepStrictEqual(heard, {
      type: "answer",
      id: "d1",
      answer: { result: { MaxEnvelopes: 1 } },
    });
  });
}

test("an answer to another method than was asked, and one to nothing, are passed over", () => {
  const it = new Bench();
  const answer = encodeAnswer({ ...frame, method: "Inform", result: { MaxEnvelopes: 1 } });
  assert.deepEqual(it.hear(answer), { type: "nothing" });
  it.speech.writeRequest("d1", { method: "GetRPCMethods", params: {} });
  assert.deepEqual(it.hear(answer), { type: "nothing" });
});

test("a fault answers the request that is out, and only that", () => {
  const it = new Bench();
  const fault = encodeFault({ ...frame, role: "acs", fault: { code: 8005, message: "Retry request" } });
  assert.deepEqual(it.hear(fault), { type: "nothing" });
  it.speech.writeRequest("d1", { method: "Inform", params: inform });
  assert.partialDeepStrictEqual(it.hear(fault), {
    type: "answer",
    id: "d1",
    answer: { fault: { code: 8005 } },
  });
});

test("the answer to an Inform brings a fresh token, where the ACS refers [LIGHT-SOAP-5]", () => {
  const referred = new Bench().informed({ header: { webSocketReference: reference } });
  assert.partialDeepStrictEqual(referred, { fresh: { token: "t.fresh", expiresIn: 86_400 } });
  const odd = new Bench().informed({ header: { webSocketReference: { ...reference, token: "" } } });
  assert.ok(odd.type === "answer" && odd.fresh === undefined);
});

test("a device is attached by an Inform", () => {
  const it = new Bench();
  const { id, body } = envelope(it.speech.writeAttach("d1", { wishes: {}, inform: () => inform }));
  assert.equal(id, "d1");
  assert.ok(body.kind === "request" && body.method === "Inform");
});

test("a method that no device has gets 9000, params that are none 9003, with the id of the call", () => {
  const it = new Bench();
  const text = encodeRequest({ ...frame, request: { method: "X_00D09E_Hello", params: {} } });
  const unknown = refusalIn(it.hear(text.replaceAll("X_00D09E_Hello", "Frobnicate")));
  assert.deepEqual([unknown.id, unknown.code], [frame.id, 9000]);
  const asked = { method: "ScheduleInform", params: { DelaySeconds: 77, CommandKey: "" } } as const;
  const delay = encodeRequest({ ...frame, request: asked });
  const malformed = refusalIn(it.hear(delay.replace(">77<", ">soon<")));
  assert.deepEqual([malformed.id, malformed.code], [frame.id, 9003]);
});

test("what is no XML or no text ends the connection with 1003, XML that is no SOAP gets 9003 without an id", () => {
  const it = new Bench();
  assert.partialDeepStrictEqual(it.hear("hello"), { type: "unreadable", code: 1003 });
  assert.partialDeepStrictEqual(it.hear(Buffer.from("<a/>")), { type: "unreadable", code: 1003 });
  const refusal = refusalIn(it.hear("<a/>"));
  assert.deepEqual([refusal.id, refusal.code], [undefined, 9003]);
});

test("an empty text is a sign of life and nothing else [LIGHT-LIVE-3]", () => {
  assert.deepEqual(new Bench().hear(""), { type: "nothing" });
});
