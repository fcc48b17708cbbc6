import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeServerFrame,
  defaultStompLimits,
  encodeClientFrame,
  StompReader,
  writeFrame,
} from "@heliograph/protocol";
import type { ServerFrame, StompCommand, StompVersion } from "@heliograph/protocol";
import { transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { asJson } from "../../../test/light-gateway-bench.ts";
import { callId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import type { LightCodec, Message, Said } from "./codec.ts";
import { stompBinding } from "./stomp-binding.ts";

const bounds = { maxMessageBytes: 10_000, pingIntervalMs: 30_000 };
const attached = {
  Session: "s1",
  Token: "fresh",
  ExpiresIn: 60,
  PingInterval: 30,
  MaxInFlight: 16,
  MaxMessageBytes: 10_000,
};
const call: Call = {
  callId: callId("a1"),
  method: "GetParameterValues",
  params: { ParameterNames: ["Device."] },
};
const transfer = JSON.stringify({
  CommandKey: "k",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:00:01Z",
});

/** What a device writes. */
function frame(command: StompCommand, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const written = writeFrame(
    { command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) },
    "1.2",
  );
  assert.ok(written.ok, JSON.stringify(written));
  return Buffer.from(written.value).toString();
}

function open(version: StompVersion = "1.2"): LightCodec {
  return stompBinding(version, bounds).open({ url: () => undefined, style: undefined });
}

function read(codec: LightCodec, message: Message): Said {
  const [said, ...more] = codec.read(message);
  assert.ok(said !== undefined && more.length === 0, JSON.stringify(more));
  return said;
}

function heard(message: Message | undefined, version: StompVersion = "1.2"): ServerFrame {
  assert.ok(message !== undefined);
  const [item, ...more] = [...new StompReader(defaultStompLimits).read(Buffer.from(message))];
  assert.ok(item?.ok === true && item.value.kind === "frame" && more.length === 0, String(message));
  const read = decodeServerFrame(item.value.frame, version);
  assert.ok(read.ok);
  return read.value;
}

const connect = frame("CONNECT", { "accept-version": "1.2", host: "acs", "heart-beat": "10000,20000" });

function connected(): LightCodec {
  const codec = open();
  read(codec, connect);
  codec.writeAttached("CONNECT", attached);
  return codec;
}

/** Subscribed to both. */
function ready(ack = "auto", more: Readonly<Record<string, string>> = {}): LightCodec {
  const codec = connected();
  read(codec, frame("SUBSCRIBE", { id: "a", destination: "/responses" }));
  read(codec, frame("SUBSCRIBE", { id: "q", destination: "/requests", ack, ...more }));
  return codec;
}

function asked(headers: Readonly<Record<string, string>>, body: string): string {
  return frame("SEND", { destination: "/requests", ...headers }, body);
}

function ended(codec: LightCodec, message: Message): { readonly code: number; readonly error: ServerFrame } {
  const said = read(codec, message);
  assert.ok(said.type === "unreadable", JSON.stringify(said));
  const error = heard(codec.writeClosing?.({ code: said.code, reason: said.detail }));
  assert.ok(error.command === "ERROR");
  assert.equal(error.headers.get("close-code"), String(said.code));
  return { code: said.code, error };
}

test("CONNECT attaches a device that is not called yet, and CONNECTED carries a fresh token [STOMP-LIGHT-4, STOMP-CONNECT-3]", () => {
  const codec = open();
  const said = read(codec, connect);
  assert.ok(said.type === "attach" && said.opens === true && said.limits.maxInFlight === 0);
  const answer = heard(codec.writeAttached("CONNECT", attached));
  assert.ok(answer.command === "CONNECTED");
  const { version, session, server, heartBeat, headers } = answer;
  assert.deepEqual({ version, session, server }, { version: "1.2", session: "s1", server: "heliograph" });
  assert.deepEqual(heartBeat, { sends: 30_000, wants: 30_000 });
  assert.equal(headers.get("token"), "fresh");
  assert.equal(headers.get("token-expires-in"), "60");
  assert.deepEqual(codec.heartBeats, { sendAfterMs: 22_500, deadAfterMs: 60_000 });
});

test("who does not accept the version of the subprotocol is told which is spoken [STOMP-LIGHT-1, STOMP-VERSION-3]", () => {
  const { code, error } = ended(open(), frame("CONNECT", { "accept-version": "1.0,1.1", host: "acs" }));
  assert.equal(code, 1003);
  assert.equal(error.headers.get("version"), "1.2");
});

for (const version of ["1.0", "1.1"] as const) {
  test(`v1${version.at(-1)}.stomp is STOMP ${version}`, () => {
    const codec = open(version);
    read(codec, frame("CONNECT", { "accept-version": "1.0,1.1,1.2", host: "acs", "heart-beat": "1,1" }));
    const answer = heard(codec.writeAttached("CONNECT", attached), version);
    assert.ok(answer.command === "CONNECTED" && answer.version === version);
    assert.equal(codec.heartBeats === undefined, version === "1.0");
  });
}

test("a message may hold a part of a frame, or several, as text or as bytes [STOMP-LIGHT-6]", () => {
  const codec = open();
  for (const byte of Buffer.from(connect).subarray(0, -1))
    assert.deepEqual([...codec.read(Uint8Array.of(byte))], []);
  assert.equal(read(codec, Uint8Array.of(0)).type, "attach");
  assert.ok(codec.writeAttached("CONNECT", attached) instanceof Uint8Array, "it is answered in kind");
  const both = frame("BEGIN", { transaction: "t" }) + frame("ABORT", { transaction: "t" });
  assert.deepEqual(
    [...codec.read(`${both}\n`)],
    [{ type: "nothing" }, { type: "nothing" }, { type: "nothing" }],
  );
});

test("nothing may come before CONNECTED, nor a frame of a server's ever [STOMP-CONNECT-2]", () => {
  assert.equal(ended(open(), asked({ method: "GetRPCMethods" }, "")).code, 1003);
  const codec = open();
  read(codec, connect);
  ended(codec, asked({ method: "GetRPCMethods" }, ""));
  assert.deepEqual([...codec.read(connect)], [], "and nothing is read after it");
  ended(connected(), frame("MESSAGE", { destination: "/requests", "message-id": "1", subscription: "q" }));
});

test("SUBSCRIBE to /requests is the Attach: its headers say what the device bears [STOMP-RPC-1]", () => {
  const codec = connected();
  const headers = { "max-in-flight": "4", "max-message-bytes": "5000", "replay-window": "16", receipt: "r1" };
  const said = read(codec, frame("SUBSCRIBE", { id: "q", destination: "/requests", ...headers }));
  assert.ok(said.type === "attach" && said.id !== undefined);
  assert.deepEqual(said.limits, {
    maxInFlight: 4,
    maxMessageBytes: 5000,
    keepAlive: false,
    replayWindow: 16,
  });
  const receipt = heard(codec.writeAttached(said.id, attached));
  assert.ok(receipt.command === "RECEIPT" && receipt.receiptId === "r1");
  const unsubscribed = read(codec, frame("UNSUBSCRIBE", { id: "q" }));
  assert.ok(unsubscribed.type === "attach" && unsubscribed.limits.maxInFlight === 0);
  assert.equal(codec.writeCall(call).message, undefined, "nobody is called any more");
});

test("a number that is none, a destination of another device, and one that there is not, get ERROR [STOMP-RPC-7]", () => {
  const bad = { id: "q", destination: "/requests", "max-in-flight": "many" };
  ended(connected(), frame("SUBSCRIBE", bad));
  for (const destination of ["/device/001122-Box-S2/requests", "/channel/private/x", "/queue", ""]) {
    const { error } = ended(connected(), frame("SUBSCRIBE", { id: "q", destination, receipt: "r9" }));
    assert.ok(error.command === "ERROR" && error.receiptId === "r9");
    ended(connected(), frame("SEND", { destination }, "{}"));
  }
});

test("a call is a MESSAGE with method and request-id, and its answer a SEND to /responses [STOMP-RPC-1, STOMP-RPC-2]", () => {
  const codec = ready();
  const written = codec.writeCall(call);
  const message = heard(written.message);
  assert.ok(message.command === "MESSAGE");
  const { destination, subscription, contentType, ack } = message;
  assert.deepEqual(
    { destination, subscription, contentType, ack },
    { destination: "/requests", subscription: "q", contentType: "application/json", ack: undefined },
  );
  assert.deepEqual(
    [...message.headers],
    [
      ["method", "GetParameterValues"],
      ["request-id", "a1"],
    ],
  );
  assert.deepEqual(JSON.parse(Buffer.from(message.body).toString()), call.params);

  const result = { ParameterList: { "Device.": { X: 1 } } };
  const sent = { destination: "/responses", "request-id": "a1" };
  const ok = read(codec, frame("SEND", { ...sent, status: "ok" }, JSON.stringify(result)));
  assert.deepEqual(ok, { type: "answer", id: "a1", answer: { result } });
  assert.deepEqual(asJson(written.read(result)), { ok: true, value: result });
  const fault = { code: 9005, message: "no" };
  const faulted = read(codec, frame("SEND", { ...sent, status: "fault" }, JSON.stringify(fault)));
  assert.deepEqual(faulted, { type: "answer", id: "a1", answer: { fault } });
  for (const [status, body] of [
    ["ok", "{"],
    ["fault", "{}"],
  ] as const) {
    const said = read(codec, frame("SEND", { ...sent, status }, body));
    assert.ok(said.type === "answer" && said.answer.named?.ok === false, body);
  }
  ended(codec, frame("SEND", { destination: "/responses" }, "{}"));
});

test("a request is answered on /responses with its request-id and status, a fault as well [STOMP-RPC-3]", () => {
  const codec = ready();
  const said = read(codec, asked({ method: "TransferComplete", "request-id": "d1" }, transfer));
  assert.ok(said.type === "request" && said.request.method === "TransferComplete" && said.id !== undefined);
  const answer = heard(codec.writeAnswer(said.id, {}));
  assert.ok(
    answer.command === "MESSAGE" && answer.destination === "/responses" && answer.subscription === "a",
  );
  assert.deepEqual(
    [...answer.headers],
    [
      ["request-id", "d1"],
      ["status", "ok"],
    ],
  );
  assert.equal(Buffer.from(answer.body).toString(), "{}");

  for (const [method, body, code] of [
    ["Dance", "{}", -32601],
    ["Kicked", "{", -32700],
    ["Kicked", '{"Command":7}', -32602],
  ] as const) {
    const refused = read(codec, asked({ method, "request-id": "d2" }, body));
    assert.ok(refused.type === "refused" && refused.id !== undefined, method);
    const fault = heard(codec.writeFault(refused.id, refused.fault));
    assert.ok(fault.command === "MESSAGE" && fault.headers.get("status") === "fault");
    const told: unknown = JSON.parse(Buffer.from(fault.body).toString());
    assert.ok(typeof told === "object" && told !== null && "code" in told && told.code === code, body);
  }
});

test("without a request-id nothing is answered, with a fault neither [STOMP-RPC-4]", () => {
  const codec = ready();
  const said = read(codec, asked({ method: "TransferComplete" }, transfer));
  assert.ok(said.type === "request" && said.id === undefined);
  const refused = read(codec, asked({ method: "Dance" }, ""));
  assert.ok(refused.type === "refused" && refused.id === undefined);
});

test("an answer has the form of its question: an envelope in the manner of that [STOMP-LIGHT-7]", () => {
  const codec = ready();
  const said = read(
    codec,
    asked({ "request-id": "d1", "content-type": "text/xml; charset=utf-8" }, transferCompleteText()),
  );
  assert.ok(said.type === "request" && said.request.method === "TransferComplete" && said.id !== undefined);
  const answer = heard(codec.writeAnswer(said.id, {}));
  assert.ok(answer.command === "MESSAGE" && answer.contentType === "text/xml");
  assert.match(Buffer.from(answer.body).toString(), /cwmp-1-2.*>d1<.*<cwmp:TransferCompleteResponse\/>/);
  const bad = read(codec, asked({ "request-id": "d2", "content-type": "text/xml" }, "<a/>"));
  assert.ok(bad.type === "refused" && bad.fault.code === 8003);
  const odd = read(codec, asked({ method: "Kicked", "request-id": "d3", "content-type": "text/csv" }, "a"));
  assert.ok(odd.type === "refused" && odd.fault.code === -32602);
});

test("a device that accepts envelopes is called by them [STOMP-LIGHT-7]", () => {
  const codec = ready("auto", { accept: "text/xml" });
  const message = heard(codec.writeCall(call).message);
  assert.ok(message.command === "MESSAGE" && message.contentType === "text/xml");
  assert.match(Buffer.from(message.body).toString(), />a1<.*<cwmp:GetParameterValues>/);
  const sent = { destination: "/responses", "request-id": "a1", "content-type": "text/xml" };
  const said = read(codec, frame("SEND", sent, valuesText()));
  assert.ok(said.type === "answer" && said.id === "a1" && said.answer.named?.ok === true);
});

test("RECEIPT of a request leaves once it is stored, after its answer, and never where it is not [STOMP-RECEIPT-1]", () => {
  const codec = ready();
  const silent = read(codec, asked({ method: "TransferComplete", receipt: "r1" }, transfer));
  assert.ok(silent.type === "request" && silent.id !== undefined);
  const receipt = heard(codec.writeAnswer(silent.id, {}));
  assert.ok(receipt.command === "RECEIPT" && receipt.receiptId === "r1");
  const lost = read(codec, asked({ method: "TransferComplete", receipt: "r2" }, transfer));
  assert.ok(lost.type === "request" && lost.id !== undefined);
  assert.equal(codec.writeFault(lost.id, { code: 8005, message: "later" }), undefined);
});

test("nothing of a transaction counts before COMMIT, and its RECEIPT comes once all is stored [STOMP-TX-2, STOMP-GROUP-1]", () => {
  const codec = ready();
  read(codec, frame("BEGIN", { transaction: "t" }));
  for (const id of ["d1", "d2"]) {
    const held = read(
      codec,
      asked({ method: "TransferComplete", "request-id": id, transaction: "t" }, transfer),
    );
    assert.deepEqual(held, { type: "nothing" });
  }
  const group = read(codec, frame("COMMIT", { transaction: "t", receipt: "r1" }));
  assert.ok(group.type === "group");
  assert.deepEqual(
    group.said.map((said) => "id" in said && said.id),
    ["d1", "d2"],
  );
  const first = String(codec.writeAnswer("d1", {}));
  assert.doesNotMatch(first, /RECEIPT/);
  assert.match(String(codec.writeAnswer("d2", {})), /^MESSAGE[^]*RECEIPT\nreceipt-id:r1/);

  read(codec, frame("BEGIN", { transaction: "t" }));
  read(codec, asked({ method: "TransferComplete", "request-id": "d3", transaction: "t" }, transfer));
  assert.deepEqual(read(codec, frame("ABORT", { transaction: "t" })), { type: "nothing" });
  ended(codec, frame("COMMIT", { transaction: "t" }));
});

test("all of a transaction or nothing: one SEND to nowhere undoes it [STOMP-TX-2]", () => {
  const codec = ready();
  read(codec, frame("BEGIN", { transaction: "t" }));
  read(codec, asked({ method: "TransferComplete", transaction: "t" }, transfer));
  read(codec, frame("SEND", { destination: "/nowhere", transaction: "t" }, "{}"));
  ended(codec, frame("COMMIT", { transaction: "t" }));
});

test("a transaction has at most 100 frames [STOMP-GROUP-1]", () => {
  const codec = ready();
  read(codec, frame("BEGIN", { transaction: "t" }));
  const send = asked({ method: "GetRPCMethods", transaction: "t" }, "");
  for (let number = 0; number < 100; number += 1) assert.equal(read(codec, send).type, "nothing");
  ended(codec, send);
});

test("an ACK of a call is no answer, a NACK ends it without one", () => {
  const codec = ready("client-individual");
  const acks = ["a1", "a2"].map((id) => {
    const message = heard(codec.writeCall({ ...call, callId: callId(id) }).message);
    assert.ok(message.command === "MESSAGE" && message.ack !== undefined);
    return message.ack;
  });
  assert.deepEqual(read(codec, frame("ACK", { id: acks[0] ?? "" })), { type: "nothing" });
  assert.deepEqual(read(codec, frame("NACK", { id: acks[1] ?? "" })), { type: "declined", ids: ["a2"] });
  ended(codec, frame("ACK", { id: "7" }));
});

test("DISCONNECT gets its RECEIPT, and the connection is done [STOMP-END-1]", () => {
  const codec = ready();
  assert.deepEqual(read(codec, frame("DISCONNECT", { receipt: "bye" })), { type: "done" });
  const receipt = heard(codec.writeClosing?.({ code: 1000, reason: "" }));
  assert.ok(receipt.command === "RECEIPT" && receipt.receiptId === "bye");
  const quiet = ready();
  read(quiet, frame("DISCONNECT"));
  assert.equal(quiet.writeClosing?.({ code: 1000, reason: "" }), undefined);
});

test("who is closed for another reason is told it in an ERROR [STOMP-ERROR-1]", () => {
  const error = heard(ready().writeClosing?.({ code: 4000, reason: "another took its place" }));
  assert.ok(error.command === "ERROR" && error.message === "another took its place");
  assert.equal(error.headers.get("close-code"), "4000");
});

test("what a client of the codec's own writes is understood, too", () => {
  const subscribe = encodeClientFrame({
    ...{ command: "SUBSCRIBE", id: "q", destination: "/requests", ack: "client", receipt: undefined },
    headers: new Map(),
  });
  const written = writeFrame(subscribe, "1.2");
  assert.ok(written.ok);
  assert.equal(read(connected(), written.value).type, "attach");
});
