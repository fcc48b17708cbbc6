import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CWMP_1_0,
  decodeAcsRequest,
  decodeDeviceAnswer,
  decodeDeviceRequest,
  decodeEnvelope,
  decodeToken,
  defaultLimits,
  defaultStompLimits,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  StompReader,
  writeFrame,
} from "@heliograph/protocol";
import type { AcsRequest, DeviceAnswer, DeviceRequest, Fault } from "@heliograph/protocol";
import { rpcSamples } from "../../../test/rpc-samples.ts";
import { callId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import type { LightCodec, Message, Opened, RawAnswer, Said, WrittenCall } from "./codec.ts";
import { jsonBinding } from "./json-codec.ts";
import { soapBinding } from "./soap-codec.ts";
import { stompBinding } from "./stomp-codec.ts";

const MOST = 8 * 1024 * 1024;
const opened: Opened = { url: () => undefined, style: undefined };
const soap = { id: "d1", namespace: CWMP_1_0 };

/** How a device says the same on each binding. */
interface Binding {
  readonly name: string;
  readonly open: () => LightCodec;
  request(request: AcsRequest): Message;
  answer(answer: DeviceAnswer): Message;
  fault(fault: Fault): Message;
  /** What the device reads of a call. */
  read(message: Message): unknown;
}

const soapText = (answer: DeviceAnswer): string => encodeAnswer({ ...soap, id: "a1", ...answer });
const faultText = (fault: Fault): string => encodeFault({ ...soap, id: "a1", role: "device", fault });

const bindings: readonly Binding[] = [
  {
    name: "tokens",
    open: () => jsonBinding(MOST).open(opened),
    request: ({ method, params }) => encodeTokenRequest({ id: "d1", method, params }),
    answer: ({ result }) => encodeTokenAnswer("a1", result),
    fault: (fault) => encodeTokenFault("a1", fault),
    read(message) {
      const token = decodeToken(String(message), { role: "device", limits: defaultLimits });
      assert.ok(token.ok && token.value.kind === "request");
      return token.value.params;
    },
  },
  {
    name: "envelopes",
    open: () => soapBinding(MOST).open(opened),
    request: (request) => encodeRequest({ ...soap, request }),
    answer: soapText,
    fault: faultText,
    read: (message) => readEnvelope(String(message)),
  },
  {
    name: "frames with JSON",
    open: () => openStomp({}),
    request: ({ method, params }) =>
      send("/requests", { method, "request-id": "d1" }, JSON.stringify(params)),
    answer: ({ result }) => send("/responses", { "request-id": "a1", status: "ok" }, JSON.stringify(result)),
    fault: (fault) => send("/responses", { "request-id": "a1", status: "fault" }, JSON.stringify(fault)),
    read(message) {
      const { method, body } = readFrame(message);
      const request = decodeDeviceRequest(method, withoutShape(JSON.parse(body)));
      assert.ok(request.ok);
      return request.value.params;
    },
  },
  {
    name: "frames with XML",
    open: () => openStomp({ accept: "text/xml" }),
    request: (request) =>
      send("/requests", { ...xml, "request-id": "d1" }, encodeRequest({ ...soap, request })),
    answer: (answer) => send("/responses", { ...xml, "request-id": "a1" }, soapText(answer)),
    fault: (fault) => send("/responses", { ...xml, "request-id": "a1" }, faultText(fault)),
    read: (message) => readEnvelope(readFrame(message).body),
  },
];

for (const { answerer, method, params, result } of rpcSamples) {
  test(`${method}, asked of the ${answerer}, says the same on every binding [STOMP-LIGHT-7, LIGHT-SOAP-1]`, () => {
    for (const binding of bindings) {
      if (answerer === "acs") isHeard(binding, method, params);
      else isCalled(binding, { callId: callId("a1"), method, params }, result);
    }
  });
}

test("an Inform says the same on every binding with each event", () => {
  const inform = rpcSamples.find(({ method }) => method === "Inform");
  assert.ok(inform !== undefined);
  for (const EventCode of [
    "0 BOOTSTRAP",
    "2 PERIODIC",
    "4 VALUE CHANGE",
    "7 TRANSFER COMPLETE",
    "M Reboot",
    "X 001122 Odd",
  ]) {
    const params = { ...inform.params, Event: [{ EventCode, CommandKey: "k" }] };
    for (const binding of bindings) isHeard(binding, "Inform", params);
  }
});

test("a fault says the same on every binding, with those of single parameters", () => {
  const entry = { ParameterName: "Device.A.Text", FaultCode: 9007, FaultString: "not <that>" };
  const plainFault: Fault = { code: 9005, message: "no such name" };
  for (const fault of [
    plainFault,
    { ...plainFault, code: 9003, data: { SetParameterValuesFault: [entry] } },
  ]) {
    for (const binding of bindings) {
      const codec = binding.open();
      assert.ok(codec.writeCall(reading).message !== undefined);
      assert.deepEqual(plain(answerIn(read(codec, binding.fault(fault)))), plain({ fault }), binding.name);
    }
  }
});

const xml = { "content-type": "text/xml" };
const reading: Call = {
  callId: callId("a1"),
  method: "GetParameterValues",
  params: { ParameterNames: ["Device."] },
};

function isHeard(binding: Binding, method: string, params: unknown): void {
  const request = decodeAcsRequest(method, params);
  assert.ok(request.ok);
  const said = read(binding.open(), binding.request(request.value));
  assert.ok(said.type === "request", `${binding.name}: ${JSON.stringify(said)}`);
  assert.deepEqual(plain(said.request.params), params, binding.name);
}

function isCalled(binding: Binding, call: Call, result: unknown): void {
  const codec = binding.open();
  const written = codec.writeCall(call);
  const { message } = written;
  assert.ok(message !== undefined);
  assert.deepEqual(plain(withoutShape(binding.read(message))), plain(call.params), binding.name);
  const answer = decodeDeviceAnswer(call.method, result);
  assert.ok(answer.ok);
  const told = resultOf(written, answerIn(read(codec, binding.answer(answer.value))));
  assert.deepEqual(plain(told), result, binding.name);
}

function answerIn(said: Said): RawAnswer {
  assert.ok(said.type === "answer" && said.id === "a1", JSON.stringify(said));
  return said.answer;
}

function resultOf(written: WrittenCall, { named, result }: RawAnswer): unknown {
  if (named !== undefined) {
    assert.ok(named.ok);
    return named.value.result;
  }
  const read = written.read(result);
  assert.ok(read.ok);
  return read.value;
}

function read(codec: LightCodec, message: Message): Said {
  const [said, ...more] = codec.read(message);
  assert.ok(said !== undefined && more.length === 0);
  return said;
}

function openStomp(subscribing: Readonly<Record<string, string>>): LightCodec {
  const codec = stompBinding("1.2", { maxMessageBytes: MOST, pingIntervalMs: 30_000 }).open(opened);
  codec.read(frame("CONNECT", { "accept-version": "1.2" }));
  const limits = { PingInterval: 30, MaxInFlight: 1, MaxMessageBytes: MOST };
  codec.writeAttached("CONNECT", { Session: "s", Token: "t", ExpiresIn: 1, ...limits });
  codec.read(frame("SUBSCRIBE", { id: "q", destination: "/requests", ...subscribing }));
  return codec;
}

function send(destination: string, headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  return frame("SEND", { destination, ...headers }, body);
}

function frame(
  command: "CONNECT" | "SUBSCRIBE" | "SEND",
  headers: Readonly<Record<string, string>>,
  body = "",
): Uint8Array {
  const written = writeFrame(
    { command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) },
    "1.2",
  );
  assert.ok(written.ok);
  return written.value;
}

function readFrame(message: Message): { readonly method: string; readonly body: string } {
  const limits = { ...defaultStompLimits, maxBodyBytes: MOST, maxFrameBytes: 2 * MOST };
  const [item] = [...new StompReader(limits).read(Buffer.from(message))];
  assert.ok(item?.ok === true && item.value.kind === "frame");
  const { headers, body } = item.value.frame;
  return { method: headers.get("method") ?? "", body: Buffer.from(body).toString() };
}

function readEnvelope(text: string): DeviceRequest["params"] {
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok && envelope.value.body.kind === "request", text);
  return envelope.value.body.params;
}

/** Whether values are asked for without their names is a token's own matter. */
function withoutShape(params: unknown): unknown {
  if (typeof params !== "object" || params === null || !("Shape" in params)) return params;
  const { Shape: _, ...rest } = params;
  return rest;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
