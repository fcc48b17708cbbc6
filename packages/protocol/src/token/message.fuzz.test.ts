import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { problems } from "../problems.ts";
import type { Decoded } from "../decoded.ts";
import { CWMP_1_0 } from "../soap/namespaces.ts";
import { deviceRpcs } from "../rpc/table.ts";
import { decodeEnvelope } from "../soap/decode.ts";
import { encodeRequest } from "../soap/encode.ts";
import type { Role } from "../soap/envelope.ts";
import { dropIllegal } from "../xml/characters.ts";
import { decodeDeviceAnswer, decodeDeviceRequest } from "./decode.ts";
import { refusalOf } from "./fault.ts";
import {
  decodeToken,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  type Token,
} from "./message.ts";
import { decodePositional } from "./positional.ts";

const roles = ["acs", "device"] satisfies readonly Role[];
const limits = { maxChars: 65_536, maxDepth: 16, maxNodes: 10_000 };

const seeds = [
  '{"jsonrpc":"2.0","id":"a1","method":"GetParameterValues","params":{"ParameterNames":["Device.","Device.A.B"]}}',
  '{"jsonrpc":"2.0","id":1,"method":"SetParameterValues","params":{"ParameterList":{"Device.A.":{"B":"c","D":5,"E":true,"F":["2026-01-31T00:00:00Z","dateTime"],"G":["QUJD","base64"]}},"ParameterKey":"k"}}',
  '{"jsonrpc":"2.0","id":2,"method":"Download","params":{"CommandKey":"c","FileType":"1 Firmware Upgrade Image","URL":"https://a.example/b","FileSize":10}}',
  '{"jsonrpc":"2.0","id":3,"method":"SetParameterAttributes","params":{"ParameterList":{"Device.A.":{"B":{"Notification":2,"AccessList":["Subscriber"]}}}}}',
  '{"jsonrpc":"2.0","id":4,"method":"ChangeDUState","params":{"Operations":[{"Type":"InstallOpStruct","URL":"http://a.example/","UUID":"u"}],"CommandKey":"c"}}',
  '{"jsonrpc":"2.0","id":"i","method":"Inform","params":{"DeviceId":{"Manufacturer":"M","OUI":"00D09E","ProductClass":"P","SerialNumber":"1"},"Event":[{"EventCode":"1 BOOT"}],"CurrentTime":"2026-01-31T00:00:00Z","ParameterList":{"Device.":{"UpTime":1}}}}',
  '{"jsonrpc":"2.0","id":"t","method":"TransferComplete","params":{"CommandKey":"c","FaultStruct":{"FaultCode":9010,"FaultString":"f"}}}',
  '{"jsonrpc":"2.0","id":"x","method":"X_00D09E_Do","params":{"a":[1,null,{"b":-0.5}],"__proto__":{"c":"d"}}}',
  '{"jsonrpc":"2.0","id":"b","result":{"ParameterList":{"Device.A.":{"B":"c","":null}}}}',
  '{"jsonrpc":"2.0","id":"b","result":{"Values":["a",1,true,null,["5","long"]]}}',
  '{"jsonrpc":"2.0","id":null,"error":{"code":9003,"message":"m","data":{"SetParameterValuesFault":[{"ParameterName":"A","FaultCode":9007,"FaultString":"f"}]}}}',
];
const tokens = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    '"',
    "\\u0000",
    "\\ud800",
    "\\",
    "null",
    "true",
    "{}",
    "[]",
    '"":',
    "-0",
    "1.5",
  ],
  ...[
    '"id":',
    '"method":',
    '"params":',
    '"result":',
    '"error":',
    '"jsonrpc":"2.0",',
    '"__proto__":',
    '"Values":',
  ],
  ...['"ParameterList":', '"Type":', '["x","base64"]', "2147483648", "-2147483649", "2026-02-31T00:00:00Z"],
];

/** For either reader a message or a declared problem; what was read is written, and read as the same. */
function judge(text: string): void {
  for (const role of roles) {
    const read = decodeToken(text, { role, limits });
    if (!read.ok) {
      isDeclared(read);
      continue;
    }
    const first = written(read.value);
    if (first === undefined || first.length > limits.maxChars) continue;
    const again = decodeToken(first, { role, limits });
    assert.ok(again.ok, "what was read cannot be written");
    assert.equal(written(again.value), first);
    if (read.value.kind === "answer") judgeResult(read.value.result);
    if (read.value.kind === "request" && role === "device") judgeCall(read.value.method, read.value.params);
  }
}

function written(token: Token): string | undefined {
  switch (token.kind) {
    case "request":
      return encodeTokenRequest(token);
    case "publication":
      return encodeTokenRequest({ method: "Publish", params: token.params });
    case "observation":
      return encodeTokenRequest({ id: token.id, ...token.request });
    case "answer":
      return JSON.stringify({ jsonrpc: "2.0", id: token.id, result: token.result });
    case "fault":
      return encodeTokenFault(token.id, token.fault);
    case "malformed":
      isDeclared({ ok: false, problem: token.problem });
      return undefined;
    case "unknown-method":
      return undefined;
  }
}

function judgeResult(result: unknown): void {
  for (const method of [...Object.keys(deviceRpcs), "X_00D09E_Do"]) {
    const answer = decodeDeviceAnswer(method, result, limits);
    isDeclared(answer);
    if (answer.ok) encodeTokenAnswer("1", answer.value.result);
  }
  isDeclared(decodePositional(["Device.A", "Device.__proto__", "B", "C.", "D.1"], result));
}

/** What may be called can be called over any binding: SOAP carries it, every name and text to the letter. */
function judgeCall(method: string, params: unknown): void {
  const call = decodeDeviceRequest(method, params, limits);
  isDeclared(call);
  if (!call.ok || call.value.method.startsWith("X_")) return;
  const texts = textsIn(call.value.params);
  for (const text of texts) assert.equal(dropIllegal(text), text);
  const soap = encodeRequest({ namespace: CWMP_1_0, request: call.value });
  const read = decodeEnvelope(soap, { role: "device", limits });
  assert.ok(read.ok && read.value.body.kind === "request", "SOAP cannot carry it");
  // White space around names and numbers does not count there.
  if (texts.some((text) => text.trim() !== text)) return;
  assert.equal(encodeRequest({ namespace: CWMP_1_0, request: read.value.body }), soap);
}

function textsIn(value: unknown): readonly string[] {
  const texts: string[] = [];
  JSON.parse(JSON.stringify(value), (name, inner: unknown) => {
    texts.push(name, ...(typeof inner === "string" ? [inner] : []));
    return inner;
  });
  return texts;
}

function isDeclared(decoded: Decoded<unknown>): void {
  if (decoded.ok) return;
  const { reason, at, detail } = decoded.problem;
  assert.ok(Object.hasOwn(problems, reason));
  assert.ok(at.startsWith("$") && detail !== "");
  for (const role of roles) assert.ok(refusalOf(decoded.problem, role).message.includes(detail));
}

test("any text gives a message, which is the same when it is written and read again, or a declared problem [LIGHT-TOKEN-10]", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 4_000 }));

test("the time for any text grows no faster than the text [LIGHT-TOKEN-10]", () => {
  const before = '{"jsonrpc":"2.0","id":1,';
  growsLinearly({
    tokens,
    frames: [
      [`${before}"method":"SetParameterValues","params":{"ParameterList":{"A.":{"B":["`, '","base64"]}}}}'],
      [`${before}"method":"X_A","params":{"a":[`, "1]}}"],
      [`${before}"result":{"Values":[`, "1]}}"],
    ],
    read: judge,
  });
});
