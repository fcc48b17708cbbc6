import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeFault,
  encodeRequest,
} from "@heliograph/protocol";
import { fuzz } from "@heliograph/testkit";
import type { DeviceReply } from "../dispatch.ts";
import type { LinkMessage } from "./link.ts";
import { soapBinding } from "./soap-binding.ts";

const frame = { id: "9c41f0a2b7d3e856", namespace: "urn:dslforum-org:cwmp-1-0" };
const reference = { url: "wss://acs/light", subprotocol: "cwmp.soap", token: "t", expiresIn: 600 };
const values = { ParameterList: { "Device.": { X: true } }, ParameterKey: "k" };
const reply: DeviceReply = { kind: "answer", method: "Reboot", result: {} };

const seeds = [
  encodeRequest({ ...frame, request: { method: "SetParameterValues", params: values } }),
  encodeRequest({
    ...frame,
    request: { method: "GetParameterNames", params: { ParameterPath: "", NextLevel: true } },
  }),
  encodeRequest({ ...frame, id: "", request: { method: "X_00D09E_Do", params: { a: "b" } } }),
  encodeAnswer({
    ...frame,
    header: { webSocketReference: reference },
    method: "Inform",
    result: { MaxEnvelopes: 1 },
  }),
  encodeFault({ ...frame, role: "acs", fault: { code: 8005, message: "m" } }),
];
const tokens = [
  ...["<", ">", "</", "/>", "&#0;", "&lt;", "<![CDATA[", "]]>", "<!DOCTYPE a>", "<?xml version='1.0'?>"],
  ...[
    "<cwmp:ID/>",
    "<soap-env:Body>",
    "</soap-env:Body>",
    "<cwmp:Reboot/>",
    "<cwmp:InformResponse/>",
    "xmlns=",
  ],
];

/** What is called can be answered, and what is refused is a fault; only what waits for an answer gets one. */
function judge(text: string): void {
  const speech = soapBinding.open("ws://acs/");
  speech.writeRequest("d1", { method: "GetRPCMethods", params: {} });
  for (const heard of speech.read(text)) {
    if (heard.type === "answer") assert.equal(heard.id, "d1");
    if (heard.type === "unreadable") assert.equal(heard.code, 1003);
    if (heard.type === "retort") isEnvelope(heard.message);
    if (heard.type !== "call") continue;
    const { id, writeAnswer } = heard.call;
    assert.equal(writeAnswer === undefined, id !== undefined);
    isEnvelope(writeAnswer?.(reply) ?? speech.writeAnswer({ id: id ?? "", reply }));
  }
}

function isEnvelope(message: LinkMessage): void {
  const envelope = decodeEnvelope(String(message), { role: "acs", limits: defaultLimits });
  assert.ok(envelope.ok, String(message));
}

test("whatever an ACS says is taken for a call, an answer, a refusal, or the end of the connection", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000 }));
