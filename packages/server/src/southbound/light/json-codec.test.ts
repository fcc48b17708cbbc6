import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson } from "../../../test/light-gateway-bench.ts";
import { callId } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import type { Message, Said } from "./codec.ts";
import { jsonCodec } from "./json-codec.ts";

const codec = jsonCodec(1000);

function read(message: Message): Said {
  const [said, ...more] = codec.read(message);
  assert.ok(said !== undefined && more.length === 0);
  return said;
}

function token(members: object): string {
  return JSON.stringify({ jsonrpc: "2.0", ...members });
}

function asking(...names: readonly string[]): Call {
  return { callId: callId("a1"), method: "GetParameterValues", params: { ParameterNames: names } };
}

test("an empty message says nothing [LIGHT-LIVE-3]", () => {
  assert.deepEqual(read(""), { type: "nothing" });
});

test("what is no JSON, or too long, ends the connection", () => {
  assert.deepEqual(read("hello"), { type: "unreadable", code: 1003, detail: "it is no JSON" });
  const long = read(token({ id: 1, method: "Kicked", params: { Arg: "x".repeat(1000) } }));
  assert.deepEqual(long, { type: "unreadable", code: 1009, detail: "the message is too long" });
});

test("JSON that is no token gets -32600 with no id, and the connection goes on [LIGHT-TOKEN-1]", () => {
  for (const text of ["[]", "7", '{"id":1}', token({ id: 1.5, method: "Kicked" }), token({ id: 1 })]) {
    const said = read(text);
    assert.equal(said.type, "refused", text);
    assert.equal(said.id, null, text);
    assert.equal(said.fault.code, -32600, text);
  }
});

test("a method that the ACS does not have gets -32601, one with bad params -32602 and the place [LIGHT-TOKEN-8]", () => {
  assert.deepEqual(read(token({ id: "d1", method: "Dance" })), {
    type: "refused",
    id: "d1",
    fault: { code: -32601, message: "there is no method Dance" },
  });
  const malformed = read(token({ id: "d2", method: "Kicked", params: { Command: 7 } }));
  assert.equal(malformed.type, "refused");
  assert.equal(malformed.fault.code, -32602);
  assert.match(malformed.fault.message, /[$]\.params\.Command/);
});

test("params that are nested too deep get fault 8004 [LIGHT-TOKEN-11]", () => {
  const deep = `${"[".repeat(100)}${"]".repeat(100)}`;
  const said = read(`{"jsonrpc":"2.0","id":1,"method":"X_001122_Deep","params":{"a":${deep}}}`);
  assert.equal(said.type, "refused");
  assert.equal(said.fault.code, 8004);
});

test("a fault that names no call says no more than that the device is there", () => {
  const fault = token({ id: null, error: { code: -32700, message: "what?" } });
  assert.deepEqual(read(fault), { type: "nothing" });
});

test("values of full paths are asked for without their names, and come back with them [LIGHT-LIST-7]", () => {
  const written = codec.writeCall(asking("Device.A.X", "Device.A.Y", "Device.B.Z"));
  assert.deepEqual(JSON.parse(written.message), {
    jsonrpc: "2.0",
    id: "a1",
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.A.X", "Device.A.Y", "Device.B.Z"], Shape: "values" },
  });
  const read = written.read({ Values: [1, "two", null] });
  assert.deepEqual(asJson(read), {
    ok: true,
    value: { ParameterList: { "Device.A.": { X: 1, Y: "two" }, "Device.B.": { Z: null } } },
  });
});

test("a device that names its values all the same is understood [LIGHT-LIST-9]", () => {
  const written = codec.writeCall(asking("Device.A.X"));
  const ParameterList = { "Device.A.": { X: 1 } };
  assert.deepEqual(asJson(written.read({ ParameterList })), {
    ok: true,
    value: { ParameterList },
  });
});

test("values that are too few, or none at all, are a problem", () => {
  const written = codec.writeCall(asking("Device.A.X", "Device.A.Y"));
  for (const result of [{ Values: [1] }, { Values: "1" }, { Values: [1, {}] }, {}, null]) {
    assert.equal(written.read(result).ok, false, JSON.stringify(result));
  }
});

test("a whole object is asked for with its names [LIGHT-LIST-8]", () => {
  const { message } = codec.writeCall(asking("Device.A.X", "Device.B."));
  assert.doesNotMatch(message, /Shape/);
});

test("a vendor's RPC passes as it is, and so does its answer [LIGHT-TOKEN-9]", () => {
  const params = { Times: 3, Deep: { er: [1] } };
  const written = codec.writeCall({ callId: callId("a1"), method: "X_001122_Blink", params });
  assert.deepEqual(JSON.parse(written.message), {
    jsonrpc: "2.0",
    id: "a1",
    method: "X_001122_Blink",
    params,
  });
  assert.deepEqual(asJson(written.read({ Done: true })), {
    ok: true,
    value: { Done: true },
  });
});

test("a call of what is no RPC is not written", () => {
  const dance = { callId: callId("a1"), method: "Dance", params: {} };
  assert.throws(() => codec.writeCall(dance), /cannot write a call of Dance/);
});

test("the answer to a call that nobody remembers is an object, or nothing", () => {
  assert.deepEqual(asJson(codec.readLate({ Status: 0 })), { Status: 0 });
  for (const result of [7, null, "x", [1]]) assert.equal(codec.readLate(result), undefined);
});
