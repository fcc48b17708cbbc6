import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/schema";
import {
  answerSchema,
  checkParams,
  CWMP_1_0,
  decodeAcsAnswer,
  decodeAcsRequest,
  decodeDeviceAnswer,
  decodeDeviceRequest,
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeRequest,
  isAcsMethod,
  isDeviceMethod,
  requestSchema,
  type AcsAnswer,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceRequest,
} from "../src/index.ts";
import { everyRpc, valuesOf } from "./table-values.ts";

const SEED = 20_260_103;
const RUNS = { seed: SEED, numRuns: 100 };
const styles = [{}, { booleans: "words", declaration: true }] as const;

for (const [answerer, method, { request: fields }] of everyRpc) {
  test(`${method}, asked of the ${answerer}, is the same in SOAP and in JSON, there and back`, () => {
    fc.assert(
      fc.property(valuesOf(fields), fc.constantFrom(...styles), (params, style) => {
        const request = requestOf(answerer, method, plain(params));
        assert.deepEqual(plain(request), plain({ method, params }));
        const text = encodeRequest({ request, id: "7", namespace: CWMP_1_0, style });
        const envelope = decodeEnvelope(text, { role: answerer, limits: defaultLimits });
        assert.ok(envelope.ok);
        assert.deepEqual(plain(envelope.value.body), plain({ kind: "request", method, params }));
        assert.equal(envelope.value.style.declaration, style === styles[1]);
      }),
      RUNS,
    );
  });
}

for (const [answerer, method, { answer: fields }] of everyRpc) {
  test(`${method}, answered by the ${answerer}, is the same in SOAP and in JSON, there and back`, () => {
    fc.assert(
      fc.property(valuesOf(fields), fc.constantFrom(...styles), (result, style) => {
        const answer = answerOf(answerer, method, plain(result));
        assert.deepEqual(plain(answer), plain({ method, result }));
        const text = encodeAnswer({ ...answer, id: "7", namespace: CWMP_1_0, style });
        const asker = answerer === "acs" ? "device" : "acs";
        const envelope = decodeEnvelope(text, { role: asker, limits: defaultLimits });
        assert.ok(envelope.ok);
        assert.deepEqual(plain(envelope.value.body), plain({ kind: "answer", method, result }));
      }),
      RUNS,
    );
  });
}

for (const [answerer, method, { request, answer }] of everyRpc) {
  test(`the JSON Schemas of ${method}, answered by the ${answerer}, take what the tables take`, () => {
    assert.ok(isDeviceMethod(method) || isAcsMethod(method));
    const schemas = [requestSchema(method), answerSchema(method)] as const;
    fc.assert(
      fc.property(valuesOf(request), valuesOf(answer), (params, result) => {
        assert.ok(Check(schemas[0], plain(params)));
        assert.ok(Check(schemas[1], plain(result)));
        assert.ok(checkParams(answer, plain(result), { strictness: "schema" }).ok);
        assert.ok(!Check(schemas[0], { ...params, Unknown: 1 }));
      }),
      RUNS,
    );
  });
}

test("nothing is lost or added between JSON and SOAP in a vendor's RPC", () => {
  const params = {
    Text: "a",
    Number: -5,
    Big: 2 ** 33,
    Flag: true,
    None: null,
    Deep: { List: [{ A: 1 }, "b"] },
  };
  const request = requestOf("device", "X_00D09E_Dump", params);
  const text = encodeRequest({ request, namespace: CWMP_1_0 });
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  assert.ok(envelope.ok);
  assert.deepEqual(plain(envelope.value.body), { kind: "request", method: "X_00D09E_Dump", params });
});

function requestOf(answerer: "device" | "acs", method: string, params: unknown): DeviceRequest | AcsRequest {
  const request =
    answerer === "device" ? decodeDeviceRequest(method, params) : decodeAcsRequest(method, params);
  assert.ok(request.ok, request.ok ? "" : `${request.problem.at}: ${request.problem.detail}`);
  return request.value;
}

function answerOf(answerer: "device" | "acs", method: string, result: unknown): DeviceAnswer | AcsAnswer {
  const answer = answerer === "device" ? decodeDeviceAnswer(method, result) : decodeAcsAnswer(method, result);
  assert.ok(answer.ok, answer.ok ? "" : `${answer.problem.at}: ${answer.problem.detail}`);
  return answer.value;
}

/** Without prototypes and key order, as JSON has it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
