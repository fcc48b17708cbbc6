import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../limits.ts";
import type { Fault } from "../rpc/table.ts";
import { readFault, refusalOf } from "./fault.ts";
import { decodeToken, encodeTokenFault } from "./message.ts";

const ofParameters: Fault = {
  code: 9003,
  message: "Invalid arguments",
  data: {
    SetParameterValuesFault: [
      { ParameterName: "Device.A", FaultCode: 9007, FaultString: "Invalid parameter value" },
      { ParameterName: "Device.B", FaultCode: 9005, FaultString: "" },
    ],
  },
};

test("a fault keeps its code, its text and the faults of its parameters [LIGHT-FAULT-1]", () => {
  const text = encodeTokenFault("a2", ofParameters);
  assert.deepEqual(JSON.parse(text), { jsonrpc: "2.0", id: "a2", error: ofParameters });
  const decoded = decodeToken(text, { role: "acs", limits: defaultLimits });
  assert.deepEqual(decoded, { ok: true, value: { kind: "fault", id: "a2", fault: ofParameters } });
});

test("details that cannot be understood do not cost the fault [LIGHT-FAULT-1]", () => {
  for (const data of [
    null,
    [],
    "why",
    { SetParameterValuesFault: {} },
    { SetParameterValuesFault: [1, {}] },
  ]) {
    assert.deepEqual(readFault({ code: 9002, message: "m", data }), { code: 9002, message: "m" });
  }
  const bad = [
    { ParameterName: "Device.A", FaultCode: "9007" },
    { ParameterName: "Device.B", FaultCode: 9005 },
  ];
  assert.deepEqual(readFault({ code: 9003, data: { SetParameterValuesFault: bad } }), {
    code: 9003,
    message: "",
    data: { SetParameterValuesFault: [{ ParameterName: "Device.B", FaultCode: 9005, FaultString: "" }] },
  });
  assert.deepEqual(readFault({ code: 9001, message: 5 }), { code: 9001, message: "" });
});

test("an error without a code is none", () => {
  for (const error of [true, "9000", [], {}, { code: "9000" }, { code: 1.5 }, { code: 1e300 }]) {
    assert.equal(readFault(error), undefined);
  }
});

test("long texts of a fault are cut", () => {
  const fault = readFault({ code: 9002, message: "m".repeat(5000) });
  assert.equal(fault?.message.length, 1024);
});

test("JSON-RPC's own codes keep their meaning, and say where it is wrong [LIGHT-FAULT-2]", () => {
  const at = { at: "$.params.A", detail: "it is missing" };
  assert.deepEqual(refusalOf({ reason: "bad-field", ...at }, "acs"), {
    code: -32602,
    message: "$.params.A: it is missing",
  });
  for (const refuser of ["acs", "device"] as const) {
    const codes = (["not-json", "not-a-token", "unknown-method", "bad-field"] as const).map(
      (reason) => refusalOf({ reason, ...at }, refuser).code,
    );
    assert.deepEqual(codes, [-32700, -32600, -32601, -32602]);
  }
  assert.deepEqual(readFault({ code: -32601, message: "there is no RPC Rebot" }), {
    code: -32601,
    message: "there is no RPC Rebot",
  });
});

test("what JSON-RPC has no code for is a fault of the side that refuses", () => {
  const problem = { reason: "over-limit", at: "$.params", detail: "it is nested too deep" } as const;
  assert.deepEqual(refusalOf(problem, "acs"), {
    code: 8004,
    message: "Resources exceeded: $.params: it is nested too deep",
  });
  assert.equal(refusalOf(problem, "device").code, 9004);
});
