import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/schema";
import { everyRpc, faults, valuesOf } from "../../test/table-values.ts";
import { grouped } from "../model/grouped.ts";
import type { JsonValue } from "../model/json.ts";
import { lightDeviceRpcs, lightRpcs } from "../rpc/light.ts";
import type { Role } from "../soap/envelope.ts";
import { encodeTokenAnswer, encodeTokenFault, encodeTokenRequest } from "./message.ts";
import { positional, positionalAnswer } from "./positional.ts";
import { publishedSchemas } from "./published-schemas.ts";
import type { JsonSchema } from "./schema.ts";

const SEED = 20_260_104;
const RUNS = { seed: SEED, numRuns: 30 };

const OTHERS = [
  "fault.json",
  "policy.json",
  "policy-answer.json",
  "policy-withdrawn.json",
  "token-to-acs.json",
  "token-to-device.json",
];

const byId = new Map(publishedSchemas().map(({ schema }) => [schema["$id"], schema]));
const everyone = [
  ...everyRpc,
  ["acs", "Attach", lightRpcs.Attach] as const,
  ["acs", "PublishResult", lightRpcs.PublishResult] as const,
  ["acs", "Publish", lightRpcs.Publish] as const,
  ["device", "Publish", lightDeviceRpcs.Publish] as const,
  ["device", "Observe", lightDeviceRpcs.Observe] as const,
  ["device", "Unobserve", lightDeviceRpcs.Unobserve] as const,
];

/** A schema with those in place that it refers to. */
function schemaOf(name: string): JsonSchema {
  const schema = byId.get(`urn:heliograph:light-1:${name}`);
  assert.ok(schema !== undefined, name);
  return whole(schema);
}

function whole(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, resolved(part)]));
}

function resolved(part: JsonValue): JsonValue {
  if (typeof part !== "object" || part === null) return part;
  if (isList(part)) return part.map(resolved);
  const referred = byId.get(part["$ref"]);
  return whole(referred ?? part);
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test("every RPC has a schema of its params and of its result [LIGHT-SCHEMA-1]", () => {
  const paths = publishedSchemas().map(({ path }) => path);
  assert.equal(new Set(paths).size, paths.length);
  const needed = everyone.flatMap(([answerer, method]) => [
    `${answerer}/${method}.request.json`,
    `${answerer}/${method}.answer.json`,
  ]);
  assert.deepEqual(paths.toSorted(), [...needed, ...OTHERS].toSorted());
});

test("each schema says what it is, and is found by its id [LIGHT-SCHEMA-1]", () => {
  assert.equal(byId.size, publishedSchemas().length);
  for (const { path, schema } of publishedSchemas()) {
    assert.equal(
      schema["$id"],
      `urn:heliograph:light-1:${path.replace(".json", "").replaceAll(/[/.]/g, ":")}`,
    );
    assert.ok(typeof schema["title"] === "string" && typeof schema["description"] === "string");
    assert.ok(!JSON.stringify(whole(schema)).includes("$ref"), path);
  }
});

for (const [answerer, method, { request, answer }] of everyone) {
  test(`the published schemas of ${method}, answered by the ${answerer}, take what is written [LIGHT-SCHEMA-2]`, () => {
    const [params, result] = [
      schemaOf(`${answerer}:${method}:request`),
      schemaOf(`${answerer}:${method}:answer`),
    ];
    const whole = schemaOf(`token-to-${answerer}`);
    fc.assert(
      fc.property(valuesOf(request), valuesOf(answer), (asked, answered) => {
        assert.ok(Check(params, plain(asked)));
        assert.ok(Check(result, plain(answered)));
        assert.ok(Check(whole, JSON.parse(encodeTokenRequest({ id: 1, method, params: asked }))));
        assert.ok(!Check(params, { ...asked, Unknown: 1 }));
        assert.ok(!Check(result, { ...answered, Unknown: 1 }));
      }),
      RUNS,
    );
  });
}

test("the schemas of whole tokens take answers and faults, in either direction [LIGHT-SCHEMA-2]", () => {
  for (const reader of ["acs", "device"] satisfies readonly Role[]) {
    const schema = schemaOf(`token-to-${reader}`);
    assert.ok(Check(schema, JSON.parse(encodeTokenAnswer("d1", {}))));
    fc.assert(
      fc.property(faults, fc.constantFrom("d1", 7, null), (fault, id) => {
        assert.ok(Check(schema, JSON.parse(encodeTokenFault(id, fault))));
      }),
      RUNS,
    );
    assert.ok(Check(schema, JSON.parse(encodeTokenRequest({ method: "X_00D09E_Do", params: { a: [1] } }))));
  }
});

const notWritten: readonly (readonly [token: object, why: string])[] = [
  [{ id: 1, method: "Reboot" }, "a method of the other side"],
  [{ id: null, method: "GetRPCMethods" }, "a request with the id null"],
  [{ id: 1.5, method: "GetRPCMethods" }, "an id that is no integer"],
  [{ id: 1, method: "Inform" }, "required params that are missing"],
  [{ id: 1, method: "Attach", params: { MaxInFlight: -1 } }, "params that do not fit"],
  [{ id: 1, result: {}, error: { code: 9000, message: "m" } }, "a result and an error"],
  [{ result: {} }, "an answer without an id"],
  [{ id: 1, error: { code: 1, message: "m" } }, "an error of no register"],
  [{ id: 1, error: { code: 9000 } }, "an error without a message"],
  [{ id: 1 }, "neither method, result nor error"],
];
for (const [token, why] of notWritten) {
  test(`the schema of a token refuses ${why} [LIGHT-SCHEMA-2]`, () => {
    assert.ok(!Check(schemaOf("token-to-acs"), { jsonrpc: "2.0", ...token }));
  });
}

test("a batch, or a token without its version, fits no schema [LIGHT-SCHEMA-2]", () => {
  const token = { jsonrpc: "2.0", id: 1, method: "GetRPCMethods" };
  for (const written of [[token], { ...token, jsonrpc: undefined }, { id: 1, method: "GetRPCMethods" }]) {
    assert.ok(!Check(schemaOf("token-to-acs"), written));
  }
});

test("the positional form has its place in the schemas, and a partial path has none in it [LIGHT-SCHEMA-2]", () => {
  const asked = schemaOf("device:GetParameterValues:request");
  const answered = schemaOf("device:GetParameterValues:answer");
  const names = ["Device.A", "Device.B"];
  assert.ok(Check(asked, positional({ ParameterNames: names })));
  assert.ok(
    Check(answered, positionalAnswer(names, grouped([["Device.A", ["1", "long"] as const] as const]))),
  );
  assert.ok(!Check(asked, { ParameterNames: names, Shape: "columns" }));
  for (const path of ["Device.", ""]) {
    assert.ok(!Check(asked, { ParameterNames: [path], Shape: "values" }));
    assert.ok(Check(asked, { ParameterNames: [path] }));
  }
});

test("null is a value in answers, and none that can be set [LIGHT-LIST-4]", () => {
  const ParameterList = { "Device.": { A: null } };
  assert.ok(Check(schemaOf("device:GetParameterValues:answer"), { ParameterList }));
  assert.ok(!Check(schemaOf("device:SetParameterValues:request"), { ParameterList }));
});
