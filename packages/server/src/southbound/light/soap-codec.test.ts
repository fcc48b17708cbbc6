import assert from "node:assert/strict";
import { test } from "node:test";
import { acsRpcs, decodeEnvelope, defaultLimits, faultText } from "@heliograph/protocol";
import type { SoapEnvelope, TokenId } from "@heliograph/protocol";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { asJson } from "../../../test/light-gateway-bench.ts";
import { callId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import type { LightCodec, Message, Said } from "./codec.ts";
import { soapBinding } from "./soap-codec.ts";

const binding = soapBinding(10_000);
const token = {
  Session: "s",
  Token: "fresh",
  ExpiresIn: 60,
  PingInterval: 30,
  MaxInFlight: 1,
  MaxMessageBytes: 1,
};
const values = { ParameterList: { "Device.": { X: "1" } } };

function open(url?: string): LightCodec {
  return binding.open({ url: () => url, style: undefined });
}

function read(codec: LightCodec, message: Message): Said {
  const [said, ...more] = codec.read(message);
  assert.ok(said !== undefined && more.length === 0);
  return said;
}

function ask(codec: LightCodec, message: Message): TokenId {
  const said = read(codec, message);
  assert.ok(said.type === "request" && said.id !== undefined, JSON.stringify(said));
  return said.id;
}

function reading(id: string): Call {
  return { callId: callId(id), method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
}

/** What the device reads. */
function heard(message: Message | undefined): SoapEnvelope<"device"> {
  assert.ok(typeof message === "string");
  const envelope = decodeEnvelope(message, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok, message);
  return envelope.value;
}

test("an empty message says nothing, whatever else happens [LIGHT-SOAP-9]", () => {
  const codec = open();
  assert.deepEqual(read(codec, ""), { type: "nothing" });
  codec.writeCall(reading("a1"));
  assert.deepEqual(read(codec, ""), { type: "nothing" });
  assert.equal(read(codec, valuesText(null)).type, "answer");
});

test("what is no XML, too long, or binary ends the connection [LIGHT-SOAP-8]", () => {
  for (const message of ["hello", "<a>", '{"jsonrpc":"2.0"}', " ", Buffer.from(informText())]) {
    const said = read(open(), message);
    assert.ok(said.type === "unreadable" && said.code === 1003, JSON.stringify(said));
  }
  const long = read(open(), informText({ parameters: { "Device.X": "x".repeat(10_000) } }));
  assert.deepEqual(long, { type: "unreadable", code: 1009, detail: "the message is too long" });
});

test("XML that is no SOAP gets fault 8003, XML beyond the limits 8004, without an id [LIGHT-SOAP-8]", () => {
  const cases = [
    ["<a/>", 8003],
    ["<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>", 8003],
    [`${"<a>".repeat(100)}${"</a>".repeat(100)}`, 8004],
  ] as const;
  for (const [message, code] of cases) {
    const codec = open();
    const said = read(codec, message);
    assert.ok(said.type === "refused" && said.id === null, JSON.stringify(said));
    const { id, body } = heard(codec.writeFault(said.id, said.fault));
    assert.equal(id, undefined);
    assert.ok(body.kind === "fault" && body.fault.code === code, JSON.stringify(body));
  }
});

test("a method that the ACS does not have gets 8000, one that cannot be understood 8003 and the place [LIGHT-SOAP-7]", () => {
  const codec = open();
  for (const method of ["Dance", "Attach"]) {
    const said = read(codec, envelopeText(`<cwmp:${method}/>`, { id: "d7" }));
    assert.ok(said.type === "refused" && said.id !== null && said.id !== undefined);
    const { id, body } = heard(codec.writeFault(said.id, said.fault));
    assert.equal(id, "d7");
    assert.ok(body.kind === "fault");
    assert.deepEqual(body.fault, { code: 8000, message: faultText(8000) });
  }
  const bad =
    "<cwmp:TransferComplete><FaultStruct><FaultCode>x</FaultCode></FaultStruct></cwmp:TransferComplete>";
  const said = read(codec, envelopeText(bad));
  assert.ok(said.type === "refused" && said.fault.code === 8003);
  assert.match(said.fault.message, /FaultCode/);
});

test("codes of JSON-RPC are said in those of CWMP [LIGHT-SOAP-7]", () => {
  for (const [code, said] of [
    [-32601, 8000],
    [-32602, 8003],
    [8005, 8005],
  ] as const) {
    const codec = open();
    const { body } = heard(codec.writeFault(ask(codec, transferCompleteText()), { code, message: "no" }));
    assert.ok(body.kind === "fault" && body.fault.code === said);
  }
});

test("a call carries its id, and its answer is read by its method [LIGHT-SOAP-2]", () => {
  const codec = open();
  const written = codec.writeCall(reading("a1"));
  const { id, body } = heard(written.message);
  assert.equal(id, "a1");
  assert.deepEqual(asJson(body), {
    kind: "request",
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.X"] },
  });
  const said = read(codec, valuesText("a1"));
  assert.ok(said.type === "answer" && said.answer.named?.ok === true);
  assert.equal(said.id, "a1");
  assert.deepEqual(asJson(said.answer.named.value.result), values);
});

for (const [kind, id] of [
  ["no id", null],
  ["an empty one", ""],
  ["one of the device's own", "17"],
] as const) {
  test(`an answer with ${kind} is that to the call that is out [LIGHT-SOAP-2]`, () => {
    const codec = open();
    codec.writeCall(reading("a1"));
    const said = read(codec, valuesText(id));
    assert.ok(said.type === "answer" && said.id === "a1", JSON.stringify(said));
    assert.deepEqual(read(codec, valuesText(id)), { type: "nothing" }, "and no other is");
  });

  test(`so is a fault with ${kind} [LIGHT-SOAP-2]`, () => {
    const codec = open();
    codec.writeCall(reading("a1"));
    const fault =
      "<s:Fault><detail><cwmp:Fault><FaultCode>9005</FaultCode><FaultString>no</FaultString></cwmp:Fault></detail></s:Fault>";
    const said = read(codec, envelopeText(fault, { id }));
    assert.ok(said.type === "answer" && said.id === "a1", JSON.stringify(said));
    assert.deepEqual(said.answer, { fault: { code: 9005, message: "no" } });
  });
}

test("an answer with an id of ours is that call's, though another is out: it is owed since an earlier connection, or comes twice [LIGHT-SOAP-2]", () => {
  const codec = open();
  codec.writeCall(reading("00112233445566aa"));
  for (const owed of ["00112233445566bb", "00112233445566bb-2"]) {
    const said = read(codec, valuesText(owed));
    assert.ok(said.type === "answer" && said.id === owed, JSON.stringify(said));
  }
  const due = read(codec, valuesText("17"));
  assert.ok(due.type === "answer" && due.id === "00112233445566aa");
  codec.writeCall(reading("a2"));
  const again = read(codec, valuesText("00112233445566aa"));
  assert.ok(again.type === "answer" && again.id === "00112233445566aa", "the last one is known, too");
});

test("an answer to another method is none to the call that is out [LIGHT-SOAP-2]", () => {
  const codec = open();
  codec.writeCall(reading("a1"));
  assert.deepEqual(read(codec, envelopeText("<cwmp:RebootResponse/>", { id: null })), { type: "nothing" });
  assert.equal(read(codec, valuesText(null)).type, "answer");
});

test("a request is answered with the id that it had: none, an empty one, or one that came before [LIGHT-SOAP-4]", () => {
  const codec = open();
  for (const own of [null, "", "1", "1", "x y"]) {
    const key = ask(codec, envelopeText("<cwmp:GetRPCMethods/>", { id: own }));
    const { id, body } = heard(codec.writeAnswer(key, { MethodList: ["Inform"] }));
    assert.equal(id, own ?? undefined);
    assert.ok(body.kind === "answer" && body.method === "GetRPCMethods");
  }
});

test("two requests of one id that wait at once are told apart [LIGHT-SOAP-4]", () => {
  const codec = open();
  const [one, other] = [transferCompleteText(), envelopeText("<cwmp:GetRPCMethods/>")].map((text) =>
    ask(codec, text),
  );
  assert.ok(one !== undefined && other !== undefined);
  const methods = heard(codec.writeAnswer(other, { MethodList: [] })).body;
  const transfer = heard(codec.writeAnswer(one, {})).body;
  assert.ok(methods.kind === "answer" && methods.method === "GetRPCMethods");
  assert.ok(transfer.kind === "answer" && transfer.method === "TransferComplete");
});

test("the answer to an Inform refers the device anew [LIGHT-SOAP-5]", () => {
  const codec = open("wss://acs.example/light");
  const { id, header, body } = heard(codec.writeAttached(ask(codec, informText({ id: "7" })), token));
  assert.equal(id, "7");
  assert.deepEqual(asJson(body), { kind: "answer", method: "Inform", result: { MaxEnvelopes: 1 } });
  assert.deepEqual(header.webSocketReference, {
    url: "wss://acs.example/light",
    subprotocol: "cwmp.soap",
    token: "fresh",
    expiresIn: 60,
  });
});

test("but not where nothing may be referred, nor where no engine was there to give a token [LIGHT-SOAP-5]", () => {
  const plain = open();
  assert.deepEqual(heard(plain.writeAttached(ask(plain, informText()), token)).header, {});
  const codec = open("wss://acs.example/light");
  assert.deepEqual(heard(codec.writeAnswer(ask(codec, informText()), { MaxEnvelopes: 1 })).header, {});
});

for (const namespace of [
  "urn:dslforum-org:cwmp-1-0",
  "urn:dslforum-org:cwmp-1-2",
  "urn:dslforum-org:cwmp-1-4",
]) {
  test(`a device that writes ${namespace} is written to in the same manner [LIGHT-SOAP-1]`, () => {
    for (const declaration of [true, false]) {
      const codec = open();
      codec.writeAnswer(ask(codec, informText({ namespace, declaration })), { MaxEnvelopes: 1 });
      // What comes later under another name changes nothing: some stacks write answers otherwise.
      codec.writeAnswer(ask(codec, transferCompleteText()), {});
      const { message } = codec.writeCall(reading("a1"));
      assert.ok(typeof message === "string");
      assert.equal(heard(message).namespace, namespace);
      assert.equal(message.startsWith("<?xml"), declaration);
    }
  });
}

test("a device that says words for booleans is told words, one that was seen over HTTP what it wrote there [LIGHT-SOAP-1]", () => {
  const codec = open();
  const boolean = '<Value xsi:type="xsd:boolean">true</Value>';
  const inform = informText({ parameters: { "Device.X": "" } }).replace("<Value></Value>", boolean);
  codec.writeAnswer(ask(codec, inform), { MaxEnvelopes: 1 });
  const set = {
    callId: callId("a1"),
    method: "SetParameterValues",
    params: { ParameterList: { "Device.": { X: false } }, ParameterKey: "k" },
  };
  assert.match(String(codec.writeCall(set).message), />false</);

  const style = { namespace: "urn:dslforum-org:cwmp-1-1", declaration: true };
  const known = binding.open({ url: () => undefined, style }).writeCall(reading("a1")).message;
  assert.equal(heard(known).namespace, style.namespace);
  assert.ok(String(known).startsWith("<?xml"));
});

test("every method that the ACS has is answered", () => {
  for (const method of Object.keys(acsRpcs)) {
    const codec = open();
    const said = read(codec, method === "Inform" ? informText() : envelopeText(`<cwmp:${method}/>`));
    if (said.type === "request" && said.id !== undefined) {
      const result =
        method === "GetRPCMethods" ? { MethodList: [] } : method === "Inform" ? { MaxEnvelopes: 1 } : {};
      const { body } = heard(codec.writeAnswer(said.id, result));
      assert.ok(body.kind === "answer" && body.method === method, method);
    } else assert.equal(said.type, "refused", method);
  }
});

test("a call of what is no RPC is not written", () => {
  const dance = { callId: callId("a1"), method: "Dance", params: {} };
  assert.throws(() => open().writeCall(dance), /cannot write a call of Dance/);
});
