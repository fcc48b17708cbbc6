import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import { decodeEnvelope } from "./decode.ts";
import { encodeAnswer } from "./encode.ts";
import type { SoapHeader } from "./envelope.ts";

const MUST = 'soap-env:mustUnderstand="1"';
const NEED_NOT = 'soap-env:mustUnderstand="0"';

test("HoldRequests is a boolean that must be understood [CWMP-SOAP-4]", () => {
  assert.equal(written({ holdRequests: true }), `<cwmp:HoldRequests ${MUST}>1</cwmp:HoldRequests>`);
  assert.equal(written({ holdRequests: false }), `<cwmp:HoldRequests ${MUST}>0</cwmp:HoldRequests>`);
  for (const text of ["1", "true", " TRUE "])
    assert.deepEqual(read("HoldRequests", text), { holdRequests: true });
  for (const text of ["0", "false"]) assert.deepEqual(read("HoldRequests", text), { holdRequests: false });
});

test("SessionTimeout is a number of seconds that need not be understood, and spelt with a capital [CWMP-SOAP-5]", () => {
  assert.equal(written({ sessionTimeout: 45 }), `<cwmp:SessionTimeout ${NEED_NOT}>45</cwmp:SessionTimeout>`);
  assert.deepEqual(read("SessionTimeout", " 45 "), { sessionTimeout: 45 });
  assert.deepEqual(read("sessionTimeout", "45"), {});
  for (const text of ["-1", "soon", ""]) assert.deepEqual(read("SessionTimeout", text), {});
});

function written(header: SoapHeader): string {
  const namespace = "urn:dslforum-org:cwmp-1-2";
  const text = encodeAnswer({ namespace, header, method: "Inform", result: { MaxEnvelopes: 1 } });
  return /<soap-env:Header>(.*)<\/soap-env:Header>/s.exec(text)?.[1] ?? "";
}

function read(name: string, text: string): SoapHeader {
  const entry = `<c:${name}>${text}</c:${name}>`;
  const envelope = decodeEnvelope(
    `<e:Envelope><e:Header>${entry}</e:Header><e:Body><c:GetRPCMethods/></e:Body></e:Envelope>`,
    { role: "device", limits: defaultLimits },
  );
  assert.ok(envelope.ok);
  return envelope.value.header;
}
