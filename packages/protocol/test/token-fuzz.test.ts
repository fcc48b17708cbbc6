import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeDeviceAnswer,
  decodePositional,
  decodeToken,
  defaultLimits,
  deviceRpcs,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  lightRpcs,
  problems,
  refusalOf,
  type Decoded,
  type Role,
} from "../src/index.ts";
import { everyRpc, valuesOf } from "./table-values.ts";

const SEED = 20_260_105;
const limits = { maxChars: 1024 * 1024, maxDepth: 16, maxNodes: 10_000 };
const roles = ["acs", "device"] satisfies readonly Role[];

/** Whatever comes, it is a value that can be worked with, or a problem of the register. */
function judge(text: string): void {
  for (const role of roles) {
    const decoded = decodeToken(text, { role, limits });
    if (!decoded.ok) isDeclared(decoded);
    else if (decoded.value.kind === "malformed") isDeclared({ ok: false, problem: decoded.value.problem });
    else if (decoded.value.kind === "answer") judgeResult(decoded.value.result);
    else if (decoded.value.kind === "request") rewritten(role, text);
  }
}

function judgeResult(result: unknown): void {
  for (const method of [...Object.keys(deviceRpcs), "X_00D09E_Do"]) {
    isDeclared(decodeDeviceAnswer(method, result, limits));
  }
  isDeclared(decodePositional(["Device.A", "Device.__proto__"], result));
}

function isDeclared(decoded: Decoded<unknown>): void {
  if (decoded.ok) return;
  const { reason, at, detail } = decoded.problem;
  assert.ok(Object.hasOwn(problems, reason));
  assert.ok(at.startsWith("$") && detail !== "");
  for (const role of roles) {
    const fault = refusalOf(decoded.problem, role);
    encodeTokenFault(null, fault);
    assert.ok(fault.message.includes(detail));
  }
}

/** What was read is written, and read as the same again. */
function rewritten(role: Role, text: string): void {
  const first = decodeToken(text, { role, limits });
  assert.ok(first.ok && first.value.kind === "request");
  const again = decodeToken(encodeTokenRequest(first.value), { role, limits });
  assert.ok(again.ok && again.value.kind === "request");
  assert.equal(JSON.stringify(again.value.params), JSON.stringify(first.value.params));
  assert.equal(again.value.id, first.value.id);
}

const methods = [...new Set(everyRpc.map(([, method]) => method)), "Attach", "X_00D09E_Do", "Rebot"];
const fields = [
  ...new Set(
    [...everyRpc.map(([, , definition]) => definition), lightRpcs.Attach].flatMap(({ request, answer }) => [
      ...Object.keys(request),
      ...Object.keys(answer),
    ]),
  ),
];

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 32,
    1e300,
    "",
    "Device.",
    "values",
    "int",
    "dateTime",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const name = fc.oneof(
  fc.constantFrom(...fields, "", "Device.", "Device.A.", "A", "__proto__", "constructor", "Type"),
  fc.string({ maxLength: 4 }),
);
/** Values of a token's kind, mostly with the right names and mostly of the wrong shape. */
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 5 }),
  ),
})).value;
const token = fc.record(
  {
    jsonrpc: fc.oneof({ weight: 20, arbitrary: fc.constant<unknown>("2.0") }, scalar),
    id: scalar,
    method: fc.oneof({ weight: 9, arbitrary: fc.constantFrom<unknown>(...methods) }, scalar),
    params: value,
    result: value,
    error: value,
  },
  { requiredKeys: ["jsonrpc"] },
);

const written = fc.oneof(
  ...everyRpc.flatMap(([, method, { request, answer }]) => [
    valuesOf(request).map((params) => encodeTokenRequest({ id: "7", method, params })),
    valuesOf(answer).map((result) => encodeTokenAnswer("7", result)),
  ]),
);
const change = fc.record({
  lost: fc.nat({ max: 6 }),
  put: fc.oneof(
    fc.constantFrom("", '"', "{", "}", "[", "]", ",", ":", "\\", "0"),
    fc.string({ maxLength: 3 }),
  ),
});

test("a soup of tokens gives values or declared problems [LIGHT-TOKEN-10]", () => {
  fc.assert(
    fc.property(token, (soup) => {
      judge(JSON.stringify(soup));
    }),
    { seed: SEED, numRuns: 20_000 },
  );
});

test("a token with a piece lost, doubled or changed gives a value or a declared problem [LIGHT-TOKEN-10]", () => {
  fc.assert(
    fc.property(written, fc.nat(), change, (text, at, { lost, put }) => {
      const place = at % (text.length + 1);
      judge(text.slice(0, place) + put + text.slice(place + lost));
    }),
    { seed: SEED, numRuns: 10_000 },
  );
});

test("any text gives a value or a declared problem [LIGHT-TOKEN-10]", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), judge), {
    seed: SEED,
    numRuns: 10_000,
  });
});

test("the time for a token grows no faster than its text [LIGHT-TOKEN-10, LIGHT-TOKEN-11]", () => {
  const started = performance.now();
  const half = limits.maxChars / 2 - 100;
  const nested = (open: string, close: string): string =>
    open.repeat(half / open.length) + "1" + close.repeat(half / open.length);
  const inners = [
    nested("[", "]"),
    nested('{"a":', "}"),
    `[${"[],".repeat(half / 2)}1]`,
    `{${'"a":{},'.repeat(half / 8)}"a":1}`,
    `"${"\\u0000".repeat(half / 6)}"`,
    `"${"\\\\".repeat(half / 2)}"`,
    "1".repeat(half),
    `1e${"9".repeat(half)}`,
  ];
  for (const inner of inners) {
    judge(inner);
    for (const method of ["Reboot", "X_00D09E_Do", "SetParameterValues", "Attach"]) {
      judge(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"ParameterList":${inner}}}`);
    }
    judge(`{"jsonrpc":"2.0","id":1,"result":${inner}}`);
    judge(`{"jsonrpc":"2.0","id":${inner},"result":{}}`);
    judge(`{"jsonrpc":"2.0","id":1,"error":{"code":9000,"data":${inner}}}`);
    judge(`{"jsonrpc":"2.0","id":1,"more":${inner},"method":"GetRPCMethods"}`);
  }
  judge("[".repeat(limits.maxChars));
  judge(" ".repeat(defaultLimits.maxChars));
  assert.ok(performance.now() - started < 15_000);
});
