import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acsRpcs,
  CWMP_1_0,
  decodeAcsAnswer,
  decodeAcsRequest,
  decodeDeviceAnswer,
  decodeDeviceRequest,
  decodeEnvelope,
  decodeToken,
  defaultLimits,
  defaultStompLimits,
  deviceRpcs,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  faultText as textOfFault,
  StompReader,
  writeFrame,
} from "@heliograph/protocol";
import type { AcsRequest, DeviceAnswer, DeviceRequest, Fault, SoapBody, TokenId } from "@heliograph/protocol";
import { rpcSamples } from "../../../test/rpc-samples.ts";
import { callId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import { writeAnswer, writeCall } from "../cwmp/messages.ts";
import type { LightCodec, Message, Opened, RawAnswer, Said, WrittenCall } from "./codec.ts";
import { jsonBinding } from "./json-codec.ts";
import { soapBinding } from "./soap-codec.ts";
import { stompBinding } from "./stomp-binding.ts";

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
  /** What it reads of an answer, or of a fault. */
  readAnswer(message: Message): { readonly result: unknown } | { readonly fault: Pick<Fault, "code"> };
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
    readAnswer: (message) => readAnswerToken(String(message)),
  },
  {
    name: "envelopes",
    open: () => soapBinding(MOST).open(opened),
    request: (request) => encodeRequest({ ...soap, request }),
    answer: soapText,
    fault: faultText,
    read: (message) => readEnvelope(String(message)),
    readAnswer: (message) => readAnswerEnvelope(String(message)),
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
    readAnswer(message) {
      const { status, body } = readFrame(message);
      const member = status === "ok" ? "result" : "error";
      return readAnswerToken(`{"jsonrpc":"2.0","id":"d1","${member}":${body}}`);
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
    readAnswer: (message) => readAnswerEnvelope(readFrame(message).body),
  },
];

test("there is a sample of every RPC, either way", () => {
  assert.deepEqual(
    rpcSamples.map(({ method }) => method),
    [...Object.keys(deviceRpcs), ...Object.keys(acsRpcs)],
  );
});

for (const { answerer, method, params, result } of rpcSamples) {
  test(`${method}, asked of the ${answerer}, says the same on every binding [STOMP-LIGHT-7, LIGHT-SOAP-1]`, () => {
    for (const binding of bindings) {
      if (answerer === "acs") isAnswered(isHeard(binding, method, params), { binding, result });
      else isCalled(binding, { callId: callId("a1"), method, params }, result);
    }
  });
}

test("an Inform says the same on every binding with each event", () => {
  const inform = rpcSamples.find(({ method }) => method === "Inform");
  assert.ok(inform !== undefined);
  for (const EventCode of eventCodes) {
    const params = { ...inform.params, Event: [{ EventCode, CommandKey: "k" }] };
    for (const binding of bindings) isHeard(binding, "Inform", params);
  }
});

test("a fault says the same on every binding, with those of single parameters", () => {
  const entry = { ParameterName: "Device.A.Text", FaultCode: 9007, FaultString: "not <that>" };
  const plainFault: Fault = { code: 9005, message: "no such name" };
  for (const fault of [
    ...codesOf(9000, 9032).map((code) => ({ ...plainFault, code })),
    { ...plainFault, code: 9899 },
    { ...plainFault, code: 9003, data: { SetParameterValuesFault: [entry] } },
  ]) {
    for (const binding of bindings) {
      const codec = binding.open();
      assert.ok(codec.writeCall(reading).message !== undefined);
      assert.deepEqual(plain(answerIn(read(codec, binding.fault(fault)))), plain({ fault }), binding.name);
    }
  }
});

test("a fault of the ACS says the same on every binding", () => {
  for (const code of codesOf(8000, 8006)) {
    for (const binding of bindings) {
      const { codec, id } = isHeard(binding, "GetRPCMethods", {});
      const message = codec.writeFault(id, { code, message: textOfFault(code) });
      assert.ok(message !== undefined);
      const told = binding.readAnswer(message);
      assert.equal("fault" in told && told.fault.code, code, binding.name);
    }
  }
});

for (const { answerer, method, params, result } of rpcSamples) {
  test(`${method}, asked of the ${answerer}, says the same by SOAP over HTTP`, () => {
    if (answerer === "acs") isServedByHttp(method, params, result);
    else isAskedByHttp({ callId: callId("a1"), method, params }, result);
  });
}

const eventCodes = [
  ...["0 BOOTSTRAP", "1 BOOT", "2 PERIODIC", "3 SCHEDULED", "4 VALUE CHANGE", "5 KICKED"],
  ...["6 CONNECTION REQUEST", "7 TRANSFER COMPLETE", "8 DIAGNOSTICS COMPLETE", "9 REQUEST DOWNLOAD"],
  ...["10 AUTONOMOUS TRANSFER COMPLETE", "11 DU STATE CHANGE COMPLETE"],
  ...["12 AUTONOMOUS DU STATE CHANGE COMPLETE", "13 WAKEUP", "14 HEARTBEAT"],
  ...["M Reboot", "M ScheduleInform", "M Download", "M ScheduleDownload", "M Upload", "M ChangeDUState"],
  ...["M X_001122_Odd", "X 001122 Odd"],
];
const overHttp = { namespace: CWMP_1_0, style: {} };

function codesOf(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function isServedByHttp(method: string, params: unknown, result: object): void {
  const [request, answer] = [decodeAcsRequest(method, params), decodeAcsAnswer(method, result)];
  assert.ok(request.ok && answer.ok);
  const heard = bodyOf(encodeRequest({ ...soap, request: request.value }));
  assert.ok(heard.kind === "request");
  assert.deepEqual(plain(heard.params), params);
  const told = readAnswerEnvelope(writeAnswer(overHttp, "d1", answer.value));
  assert.deepEqual("result" in told && plain(told.result), result);
}

function isAskedByHttp(call: Call, result: unknown): void {
  assert.deepEqual(plain(readEnvelope(writeCall(overHttp, call))), plain(call.params));
  const answer = decodeDeviceAnswer(call.method, result);
  assert.ok(answer.ok);
  const heard = bodyOf(soapText(answer.value));
  assert.ok(heard.kind === "answer");
  assert.deepEqual(plain(heard.result), result);
}

function bodyOf(text: string): SoapBody<"acs"> {
  const envelope = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
  assert.ok(envelope.ok, text);
  return envelope.value.body;
}

const xml = { "content-type": "text/xml" };
const reading: Call = {
  callId: callId("a1"),
  method: "GetParameterValues",
  params: { ParameterNames: ["Device."] },
};

/** The codec that has heard it, and under which id. */
function isHeard(binding: Binding, method: string, params: unknown): Asked {
  const request = decodeAcsRequest(method, params);
  assert.ok(request.ok);
  const codec = binding.open();
  const said = read(codec, binding.request(request.value));
  assert.ok(said.type === "request", `${binding.name}: ${JSON.stringify(said)}`);
  assert.deepEqual(plain(said.request.params), params, binding.name);
  assert.ok(said.id !== undefined);
  return { codec, id: said.id };
}

interface Asked {
  readonly codec: LightCodec;
  readonly id: TokenId;
}

function isAnswered(
  { codec, id }: Asked,
  { binding, result }: { readonly binding: Binding; readonly result: object },
): void {
  const message = codec.writeAnswer(id, result);
  assert.ok(message !== undefined);
  const told = binding.readAnswer(message);
  assert.deepEqual("result" in told && plain(told.result), result, binding.name);
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
  read(codec, frame("CONNECT", { "accept-version": "1.2" }));
  const limits = { PingInterval: 30, MaxInFlight: 1, MaxMessageBytes: MOST };
  codec.writeAttached("CONNECT", { Session: "s", Token: "t", ExpiresIn: 1, ...limits });
  read(codec, frame("SUBSCRIBE", { id: "a", destination: "/responses" }));
  read(codec, frame("SUBSCRIBE", { id: "q", destination: "/requests", ...subscribing }));
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

interface ReadFrame {
  readonly method: string;
  readonly status: string | undefined;
  readonly body: string;
}

function readFrame(message: Message): ReadFrame {
  const limits = { ...defaultStompLimits, maxBodyBytes: MOST, maxFrameBytes: 2 * MOST };
  const [item] = [...new StompReader(limits).read(Buffer.from(message))];
  assert.ok(item?.ok === true && item.value.kind === "frame");
  const { headers, body } = item.value.frame;
  const [method = "", status] = [headers.get("method"), headers.get("status")];
  return { method, status, body: Buffer.from(body).toString() };
}

function readEnvelope(text: string): DeviceRequest["params"] {
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok && envelope.value.body.kind === "request", text);
  return envelope.value.body.params;
}

function readAnswerToken(text: string): ReturnType<Binding["readAnswer"]> {
  const token = decodeToken(text, { role: "device", limits: defaultLimits });
  assert.ok(token.ok && (token.value.kind === "answer" || token.value.kind === "fault"), text);
  return token.value;
}

function readAnswerEnvelope(text: string): ReturnType<Binding["readAnswer"]> {
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok, text);
  const { body } = envelope.value;
  assert.ok(body.kind === "answer" || body.kind === "fault", text);
  return body;
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
