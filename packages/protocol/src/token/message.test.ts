import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import { grouped } from "../model/grouped.ts";
import { refusalOf } from "./fault.ts";
import {
  decodeToken,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  type Token,
} from "./message.ts";

const acs = { role: "acs", limits: defaultLimits } as const;
const device = { role: "device", limits: defaultLimits } as const;

/** What the ACS makes of a token that is one. */
function heard(token: object): Token<"acs"> {
  const decoded = decodeToken(JSON.stringify({ jsonrpc: "2.0", ...token }), acs);
  assert.ok(decoded.ok, decoded.ok ? "" : `${decoded.problem.at}: ${decoded.problem.detail}`);
  return decoded.value;
}

/** Why a text is no token, and the code with which that is said. */
function refusal(text: string): readonly [code: number, at: string] {
  const decoded = decodeToken(text, acs);
  assert.ok(!decoded.ok);
  return [refusalOf(decoded.problem, "acs").code, decoded.problem.at];
}

test("what is no JSON-RPC object is refused, batches among it [LIGHT-TOKEN-1]", () => {
  const request = { jsonrpc: "2.0", id: 1, method: "GetRPCMethods" };
  assert.deepEqual(refusal("{"), [-32700, "$"]);
  assert.deepEqual(refusal(""), [-32700, "$"]);
  assert.deepEqual(refusal("[]"), [-32600, "$"]);
  assert.deepEqual(refusal(JSON.stringify([request])), [-32600, "$"]);
  for (const value of ["null", "true", "1", '"Attach"']) assert.deepEqual(refusal(value), [-32600, "$"]);
  for (const version of [2, "1.0", "2", null, undefined]) {
    assert.deepEqual(refusal(JSON.stringify({ ...request, jsonrpc: version })), [-32600, "$.jsonrpc"]);
  }
  assert.deepEqual(refusal(JSON.stringify({ ...request, method: 5 })), [-32600, "$.method"]);
  assert.deepEqual(refusal('{"jsonrpc":"2.0","id":1}'), [-32600, "$"]);
});

test("an id is text or an integer, and comes back as it was sent [LIGHT-TOKEN-2]", () => {
  for (const id of ["d1", "", "é".repeat(128), 0, -5, Number.MAX_SAFE_INTEGER]) {
    const token = heard({ id, method: "GetRPCMethods" });
    assert.ok(token.kind === "request");
    assert.equal(token.id, id);
    assert.deepEqual(JSON.parse(encodeTokenAnswer(id, {})), { jsonrpc: "2.0", id, result: {} });
  }
});

for (const id of ["1.5", "12345678901234567890", "1e400", "true", "{}", "[1]", `"${"i".repeat(129)}"`]) {
  test(`an id ${id.slice(0, 20)} is none [LIGHT-TOKEN-2]`, () => {
    for (const rest of ['"method":"GetRPCMethods"', '"result":{}', '"error":{"code":9000}']) {
      assert.deepEqual(refusal(`{"jsonrpc":"2.0","id":${id},${rest}}`), [-32600, "$.id"]);
    }
  });
}

test("null is the id of a fault alone [LIGHT-TOKEN-4]", () => {
  assert.deepEqual(refusal('{"jsonrpc":"2.0","id":null,"method":"GetRPCMethods"}'), [-32600, "$.id"]);
  assert.deepEqual(refusal('{"jsonrpc":"2.0","id":null,"result":{}}'), [-32600, "$.id"]);
  assert.deepEqual(refusal('{"jsonrpc":"2.0","result":{}}'), [-32600, "$.id"]);
  const fault = { code: -32700, message: "it is no JSON" };
  assert.deepEqual(heard({ id: null, error: fault }), { kind: "fault", id: null, fault });
  assert.deepEqual(heard({ error: fault }), { kind: "fault", id: null, fault });
  assert.deepEqual(decodeToken(encodeTokenFault(null, fault), acs), {
    ok: true,
    value: { kind: "fault", id: null, fault },
  });
});

test("a request without an id is unconfirmed, however wrong it is [LIGHT-TOKEN-3]", () => {
  for (const [method, params] of [
    ["Kicked", {}],
    ["Kicked", { Command: 5 }],
    ["Rebot", {}],
  ] as const) {
    const token = heard({ method, params });
    assert.ok(token.kind !== "answer" && token.kind !== "fault");
    assert.equal(token.id, undefined);
  }
  assert.equal(
    encodeTokenRequest({ method: "Kicked", params: { Command: "c" } }),
    '{"jsonrpc":"2.0","method":"Kicked","params":{"Command":"c"}}',
  );
});

test("params may be missing, null or empty where none is required, and are left out where they are [LIGHT-TOKEN-6]", () => {
  for (const params of [undefined, null, {}]) {
    const decoded = decodeToken(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "Reboot", params }), device);
    assert.deepEqual(decoded, {
      ok: true,
      value: { kind: "request", id: 1, method: "Reboot", params: {} },
    });
  }
  const text = encodeTokenRequest({ id: 1, method: "Reboot", params: {} });
  assert.equal(text, '{"jsonrpc":"2.0","id":1,"method":"Reboot"}');
});

test("fields that hold their default are as if they were not there [LIGHT-TOKEN-6]", () => {
  const token = heard({ method: "Attach", params: { KeepAlive: false, ReplayWindow: 0, MaxInFlight: 4 } });
  assert.ok(token.kind === "request");
  assert.deepEqual(token.params, { MaxInFlight: 4 });
});

test("members that nobody knows are passed over [LIGHT-TOKEN-7]", () => {
  const more = { trace: { on: [true] } };
  const token = heard({ id: 1, method: "Attach", params: { MaxInFlight: 4, ...more }, ...more });
  assert.deepEqual(token, { kind: "request", id: 1, method: "Attach", params: { MaxInFlight: 4 } });
  assert.deepEqual(heard({ id: 1, result: {}, error: null }), { kind: "answer", id: 1, result: {} });
});

test("a method of the other side, or of nobody, is unknown [LIGHT-TOKEN-8]", () => {
  assert.deepEqual(heard({ id: 1, method: "Reboot" }), { kind: "unknown-method", id: 1, method: "Reboot" });
  for (const method of ["Inform", "Attach", "rpc.list", "constructor", "__proto__", ""]) {
    const decoded = decodeToken(JSON.stringify({ jsonrpc: "2.0", id: 1, method }), device);
    assert.deepEqual(decoded, { ok: true, value: { kind: "unknown-method", id: 1, method } });
  }
  const long = heard({ method: "m".repeat(5000) });
  assert.ok(long.kind === "unknown-method" && long.method.length === 64);
});

test("params that cannot be understood are refused with the place [LIGHT-TOKEN-8]", () => {
  for (const [params, at] of [
    [[], "$.params"],
    ["MaxInFlight", "$.params"],
    [{ MaxInFlight: "4" }, "$.params.MaxInFlight"],
    [{ MaxInFlight: -1 }, "$.params.MaxInFlight"],
    [{ Channels: { "public/a": { Epoch: "e" } } }, '$.params.Channels["public/a"].Offset'],
  ] as const) {
    const token = heard({ id: 1, method: "Attach", params });
    assert.ok(token.kind === "malformed");
    assert.equal(token.problem.at, at);
    assert.equal(refusalOf(token.problem, "acs").code, -32602);
  }
});

test("a vendor's RPC passes with any object [LIGHT-TOKEN-9]", () => {
  const params = { Any: [{ Thing: 1.5 }, null] };
  assert.deepEqual(heard({ id: 1, method: "X_00D09E_Report", params }), {
    kind: "request",
    id: 1,
    method: "X_00D09E_Report",
    params,
  });
  assert.equal(heard({ id: 1, method: "X_00D09E_Report", params: [1] }).kind, "malformed");
});

test("what is nested too deep or holds too much is refused, whether anybody reads it or not [LIGHT-TOKEN-11]", () => {
  const limits = { ...defaultLimits, maxDepth: 4, maxNodes: 10 };
  const deep = { a: { b: { c: { d: {} } } } };
  const wide = { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] };
  for (const method of ["Reboot", "X_00D09E_Do"]) {
    for (const params of [deep, wide]) {
      const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      const decoded = decodeToken(text, { role: "device", limits });
      assert.ok(decoded.ok && decoded.value.kind === "malformed");
      assert.equal(refusalOf(decoded.value.problem, "device").code, 9004);
      assert.equal(refusalOf(decoded.value.problem, "acs").code, 8004);
    }
  }
  assert.deepEqual(refusal(" ".repeat(defaultLimits.maxChars + 1)), [8004, "$"]);
});

test("names are data, whatever an object inherits, and of two alike the last counts [LIGHT-TOKEN-12]", () => {
  const list = '{"__proto__.":{"constructor":1,"__proto__":true},"Device.":{"A":1,"A":2}}';
  const text = `{"jsonrpc":"2.0","id":"a","id":"b","method":"SetParameterValues","params":{"ParameterList":${list}}}`;
  const decoded = decodeToken(text, device);
  assert.ok(decoded.ok && decoded.value.kind === "request");
  assert.equal(decoded.value.id, "b");
  assert.equal(
    encodeTokenRequest(decoded.value),
    '{"jsonrpc":"2.0","id":"b","method":"SetParameterValues","params":{"ParameterList":' +
      '{"__proto__.":{"constructor":1,"__proto__":true},"Device.":{"A":2}}}}',
  );
});

test("an own member __proto__ of the params makes nothing of its kind [LIGHT-TOKEN-12]", () => {
  const text = '{"jsonrpc":"2.0","id":1,"method":"Attach","params":{"__proto__":{"MaxInFlight":9}}}';
  const decoded = decodeToken(text, acs);
  assert.ok(decoded.ok && decoded.value.kind === "request" && decoded.value.method === "Attach");
  assert.equal(decoded.value.params.MaxInFlight, undefined);
  const channels = '{"__proto__":{"Epoch":"e","Offset":1}}';
  const attach = `{"jsonrpc":"2.0","id":1,"method":"Attach","params":{"Channels":${channels}}}`;
  const positions = decodeToken(attach, acs);
  assert.ok(positions.ok && positions.value.kind === "request" && positions.value.method === "Attach");
  assert.equal(JSON.stringify(positions.value.params.Channels), channels);
});

test("a question for values alone is told from one for values with names", () => {
  const ParameterNames = ["Device.A"];
  for (const [shape, positional] of [
    ["values", { positional: true }],
    ["columns", {}],
  ] as const) {
    const params = { ParameterNames, Shape: shape };
    const text = encodeTokenRequest({ id: 1, method: "GetParameterValues", params });
    assert.deepEqual(decodeToken(text, device), {
      ok: true,
      value: {
        kind: "request",
        id: 1,
        method: "GetParameterValues",
        params: { ParameterNames },
        ...positional,
      },
    });
  }
});

test("a request is written in one form: no defaults of JSON-RPC, no spaces, names as they are", () => {
  const params = { ParameterList: grouped([["Device.WiFi.Radio.1.Enable", true] as const]) };
  assert.equal(
    encodeTokenRequest({ id: "a1", method: "SetParameterValues", params }),
    '{"jsonrpc":"2.0","id":"a1","method":"SetParameterValues","params":{"ParameterList":{"Device.WiFi.Radio.1.":{"Enable":true}}}}',
  );
});
