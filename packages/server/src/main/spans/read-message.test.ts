import assert from "node:assert/strict";
import { test } from "node:test";
import { attributesOf, callIn, endIn, failureOf, operationsIn } from "./read-message.ts";

const OPERATION = "0123456789abcdef0123456789abcdef";
const SET = {
  method: "SetParameterValues",
  params: { ParameterList: { "Device.X.": { Password: "secret" } } },
};

test("of an ask for RPCs the device, the operation and the methods are told, and no parameter", () => {
  const attributes = attributesOf("hg.v1.device.001122-Box-S1.rpc", {
    id: OPERATION,
    rpcs: [SET],
    waitMs: 0,
  });
  assert.deepEqual(attributes, {
    "messaging.system": "heliograph",
    "messaging.destination.name": "device.rpc",
    "heliograph.device": "001122-Box-S1",
    "heliograph.operations": [OPERATION],
    "heliograph.methods": ["SetParameterValues"],
  });
});

test("of many operations asked for at once the first ten are told, and all are known", () => {
  const operations = Array.from({ length: 12 }, (_, index) => ({ id: `${index}`, device: "d", rpcs: [SET] }));
  const ask = { operations };
  assert.equal(operationsIn(ask).length, 12);
  assert.deepEqual(
    attributesOf("hg.v1.engine.accept", ask)["heliograph.operations"],
    Array.from({ length: 10 }, (_, index) => `${index}`),
  );
});

test("a call is known in what a gateway is asked, and in what it is answered", () => {
  const call = { callId: "c", ...SET };
  assert.equal(callIn({ device: "d", call })?.method, "SetParameterValues");
  assert.equal(callIn({ type: "call", call })?.callId, "c");
  for (const other of [undefined, null, "x", {}, { call: {} }, { call: { callId: "c" } }])
    assert.equal(callIn(other), undefined);
});

test("a fault and a silence are failures, and a result is none", () => {
  assert.equal(failureOf({ type: "answered", outcome: { result: {} } }), undefined);
  assert.equal(
    failureOf({ type: "answered", outcome: { fault: { code: 9005, message: "m" } } }),
    "fault 9005",
  );
  assert.equal(failureOf({ type: "no-answer", detail: "d" }), "no-answer");
  assert.deepEqual(endIn({ ended: { callId: "c", outcome: { type: "not-sent" } } }), {
    callId: "c",
    failure: "not-sent",
  });
  assert.equal(endIn({}), undefined);
});
