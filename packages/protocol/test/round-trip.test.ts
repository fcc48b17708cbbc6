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
  decodeDeviceResult,
  decodeEnvelope,
  decodePositional,
  decodeToken,
  defaultLimits,
  deviceRpcs,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  groupedEntries,
  isAcsMethod,
  isDeviceMethod,
  lightRpcs,
  positionalAnswer,
  requestSchema,
  type AcsAnswer,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceMethod,
  type DeviceRequest,
  type DeviceResult,
  type Role,
  type SoapBody,
} from "../src/index.ts";
import { everyRpc, faults, valuesOf } from "./table-values.ts";

const SEED = 20_260_103;
const RUNS = { seed: SEED, numRuns: 100 };
const READ_BY_ACS = { role: "acs", limits: defaultLimits } as const;
const styles = [{}, { booleans: "words", declaration: true }] as const;

for (const [answerer, method, { request: fields }] of everyRpc) {
  test(`${method}, asked of the ${answerer}, is the same in SOAP and in a token, there and back [LIGHT-TOKEN-5]`, () => {
    fc.assert(
      fc.property(valuesOf(fields), fc.constantFrom(...styles), (params, style) => {
        const request = requestOf(answerer, method, plain(params));
        assert.deepEqual(plain(request), plain({ method, params }));
        const text = encodeRequest({ request, id: "7", namespace: CWMP_1_0, style });
        const envelope = decodeEnvelope(text, { role: answerer, limits: defaultLimits });
        assert.ok(envelope.ok);
        assert.deepEqual(plain(envelope.value.body), plain({ kind: "request", method, params }));
        assert.equal(envelope.value.style.declaration, style === styles[1]);
        const again = byToken(answerer, envelope.value.body);
        assert.equal(encodeRequest({ request: again, id: "7", namespace: CWMP_1_0, style }), text);
      }),
      RUNS,
    );
  });
}

for (const [answerer, method, { answer: fields }] of everyRpc) {
  test(`${method}, answered by the ${answerer}, is the same in SOAP and in a token, there and back [LIGHT-TOKEN-5]`, () => {
    fc.assert(
      fc.property(valuesOf(fields), fc.constantFrom(...styles), (result, style) => {
        const answer = answerOf(answerer, method, plain(result));
        assert.deepEqual(plain(answer), plain({ method, result }));
        const text = encodeAnswer({ ...answer, id: "7", namespace: CWMP_1_0, style });
        const asker = answerer === "acs" ? "device" : "acs";
        const envelope = decodeEnvelope(text, { role: asker, limits: defaultLimits });
        assert.ok(envelope.ok);
        const { body } = envelope.value;
        assert.deepEqual(plain(body), plain({ kind: "answer", method, result }));
        assert.ok(body.kind === "answer");
        const token = decodeToken(encodeTokenAnswer("7", body.result), {
          role: asker,
          limits: defaultLimits,
        });
        assert.ok(token.ok && token.value.kind === "answer" && token.value.id === "7");
        const again = answerOf(answerer, method, token.value.result);
        assert.equal(encodeAnswer({ ...again, id: "7", namespace: CWMP_1_0, style }), text);
      }),
      RUNS,
    );
  });
}

test("a fault is the same in SOAP and in a token, there and back [LIGHT-FAULT-1]", () => {
  fc.assert(
    fc.property(faults, (fault) => {
      const frame = { fault, id: "7", namespace: CWMP_1_0, role: "device" } as const;
      const text = encodeFault(frame);
      const envelope = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
      assert.ok(envelope.ok && envelope.value.body.kind === "fault");
      const token = decodeToken(encodeTokenFault("7", envelope.value.body.fault), READ_BY_ACS);
      assert.ok(token.ok && token.value.kind === "fault" && token.value.id === "7");
      assert.deepEqual(plain(token.value.fault), plain(fault));
      assert.equal(encodeFault({ ...frame, fault: token.value.fault }), text);
    }),
    RUNS,
  );
});

test("Attach, which SOAP does not have, is the same there and back in a token [LIGHT-TOKEN-5]", () => {
  const { request, answer } = lightRpcs.Attach;
  fc.assert(
    fc.property(valuesOf(request), valuesOf(answer), (params, result) => {
      const text = encodeTokenRequest({ id: "d1", method: "Attach", params });
      const token = decodeToken(text, READ_BY_ACS);
      assert.ok(token.ok);
      assert.deepEqual(plain(token.value), plain({ kind: "request", id: "d1", method: "Attach", params }));
      const reply = decodeToken(encodeTokenAnswer("d1", result), { role: "device", limits: defaultLimits });
      assert.ok(reply.ok && reply.value.kind === "answer");
      const read = checkParams(answer, reply.value.result, { strictness: "kinds" });
      assert.ok(read.ok);
      assert.deepEqual(plain(read.value), plain(result));
    }),
    RUNS,
  );
});

test("values asked for by their paths are the same in order and with names [LIGHT-LIST-7]", () => {
  fc.assert(
    fc.property(valuesOf(deviceRpcs.GetParameterValues.answer), (result) => {
      const { ParameterList: values } = resultOf("GetParameterValues", plain(result));
      const names = Array.from(groupedEntries(values), ([path]) => path);
      const token = decodeToken(encodeTokenAnswer("7", positionalAnswer(names, values)), READ_BY_ACS);
      assert.ok(token.ok && token.value.kind === "answer");
      const read = decodePositional(names, token.value.result);
      assert.ok(read.ok);
      assert.deepEqual(plain(read.value), plain({ ParameterList: values }));
    }),
    RUNS,
  );
});

for (const [answerer, method, { request, answer }] of everyRpc) {
  test(`the JSON Schemas of ${method}, answered by the ${answerer}, take what the tables take`, () => {
    assert.ok(isDeviceMethod(method) || isAcsMethod(method));
    const schemas = [requestSchema(method), answerSchema(method)] as const;
    fc.assert(
      fc.property(valuesOf(request), valuesOf(answer), (params, result) => {
        assert.ok(Check(schemas[0], plain(params)));
        assert.ok(Check(schemas[1], plain(result)));
        assert.ok(checkParams(answer, plain(result), { strictness: "schema" }).ok);
        assert.equal(Check(schemas[0], { ...params, Unknown: 1 }), !isDeviceMethod(method));
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

/** A request of SOAP, as it is after it was a token. */
function byToken(answerer: Role, body: SoapBody): DeviceRequest | AcsRequest {
  assert.ok(body.kind === "request");
  const token = decodeToken(encodeTokenRequest({ ...body, id: "7" }), {
    role: answerer,
    limits: defaultLimits,
  });
  assert.ok(token.ok && token.value.kind === "request");
  assert.ok(token.value.method !== "Attach" && token.value.method !== "PublishResult");
  assert.ok(token.value.method !== "Publish");
  const { kind, id, ...request } = token.value;
  assert.deepEqual([kind, id], ["request", "7"]);
  return request;
}

function resultOf<M extends DeviceMethod>(method: M, result: unknown): DeviceResult<M> {
  const read = decodeDeviceResult(method, result);
  assert.ok(read.ok);
  return read.value;
}

function requestOf(answerer: Role, method: string, params: unknown): DeviceRequest | AcsRequest {
  const request =
    answerer === "device" ? decodeDeviceRequest(method, params) : decodeAcsRequest(method, params);
  assert.ok(request.ok, request.ok ? "" : `${request.problem.at}: ${request.problem.detail}`);
  return request.value;
}

function answerOf(answerer: Role, method: string, result: unknown): DeviceAnswer | AcsAnswer {
  const answer = answerer === "device" ? decodeDeviceAnswer(method, result) : decodeAcsAnswer(method, result);
  assert.ok(answer.ok, answer.ok ? "" : `${answer.problem.at}: ${answer.problem.detail}`);
  return answer.value;
}

/** Without prototypes and key order, as JSON has it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
