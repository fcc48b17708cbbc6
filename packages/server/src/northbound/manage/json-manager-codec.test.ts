import assert from "node:assert/strict";
import { test } from "node:test";
import { manageSchemas, parseDeviceKey, type JsonObject } from "@heliograph/protocol";
import { Check } from "typebox/schema";
import { channelName } from "../../ports/index.ts";
import { refuse } from "../refusal.ts";
import { refusalOf, resultOf } from "./answers.ts";
import { JsonManagerCodec } from "./json-manager-codec.ts";
import type { ManagerSaid } from "./manager-language.ts";

const DEVICE = "00D09E-X-1";
const NAMES = { ParameterNames: ["Device.DeviceInfo."] };
const schemas = new Map(manageSchemas().map(({ path, schema }) => [path, schema]));

test("a call is of a device, and is read when it is its turn, without what is for the ACS [MANAGE-JSON-1]", () => {
  const codec = connected();
  const said = saidBy(codec, call(1, { Device: DEVICE, Expires: 60, IdempotencyKey: "once", ...NAMES }));
  assert.ok(said?.type === "ask");
  const send = said.sends[0];
  assert.ok(send !== undefined);
  assert.equal(send.addressed.device, DEVICE);
  assert.partialDeepStrictEqual(send.read(1_000), {
    call: { method: "GetParameterValues", params: NAMES },
    expiresAt: 61_000,
    idempotencyKey: "once",
  });
});

test("an answer goes with the id of its call, be it text or a number, and only once", () => {
  const codec = connected();
  for (const id of ["7", 7, 0, ""]) {
    const requestId = asked(codec, call(id, { Device: DEVICE, ...NAMES }));
    const written = codec.writeAnswer(resultOf(requestId, { ParameterList: {} }));
    assert.deepEqual(written, {
      message: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"ParameterList":{}}}`,
    });
    assert.equal(codec.writeAnswer(resultOf(requestId, {})), "drop");
  }
});

test("answers of a batch are kept until all are there, or too much is kept [MANAGE-JSON-2]", () => {
  const codec = connected(200);
  const batch = `[${[1, 2, 3].map((id) => call(id, { Device: DEVICE, ...NAMES })).join(",")}]`;
  const said = saidBy(codec, batch);
  assert.ok(said?.type === "ask");
  const ids = said.sends.map(({ addressed }) => addressed.requestId ?? "");
  assert.equal(codec.writeAnswer(resultOf(ids[1] ?? "", { a: 1 })), "kept");
  const large = codec.writeAnswer(resultOf(ids[0] ?? "", { a: "x".repeat(200) }));
  assert.ok(typeof large === "object");
  assert.deepEqual(idsIn(String(large.message)), [2, 1]);
  const last = codec.writeAnswer(resultOf(ids[2] ?? "", {}));
  assert.ok(typeof last === "object");
  assert.deepEqual(idsIn(String(last.message)), [3]);
});

test("what is no JSON, or no text, is said and ends the connection; what is no call is answered [MANAGE-JSON-5]", () => {
  for (const message of ["{", Buffer.from("{}")]) {
    const codec = connected();
    assert.partialDeepStrictEqual(saidBy(codec, message), { type: "unreadable", code: 1003 });
    assert.match(String(codec.writeClosing({ code: 1003, reason: "" })), /"id":null,"error":\{"code":-32/);
  }
  const long = "x".repeat(129);
  for (const [message, expected] of [
    ["7", "null -32600"],
    ["[]", "null -32600"],
    [`[${"7,".repeat(100)}7]`, "null -32600"],
    ['{"jsonrpc":"1.0","id":1,"method":"Reboot"}', "1 -32600"],
    ['{"jsonrpc":"2.0","id":1}', "1 -32600"],
    ['{"jsonrpc":"2.0","id":null,"method":"Reboot"}', "null -32600"],
    [`{"jsonrpc":"2.0","id":"${long}","method":"Reboot"}`, "null -32600"],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', "1 -32601"],
    ['{"jsonrpc":"2.0","id":1,"method":"Reboot","params":[]}', "1 -32602"],
  ] as const) {
    const said = saidBy(connected(), message);
    assert.ok(said?.type === "reply", message);
    assert.equal(outcomeIn(String(said.message)), expected, message);
  }
});

test("nothing but Attach goes before its answer, and who is not let in is told so [MANAGE-JSON-3]", () => {
  const codec = fresh();
  const early = saidBy(codec, call(1, { Device: DEVICE, ...NAMES }));
  assert.ok(early?.type === "reply");
  assert.equal(outcomeIn(String(early.message)), "1 -32000");
  const attach = '{"jsonrpc":"2.0","id":2,"method":"Attach","params":{"Token":"t"}}';
  assert.deepEqual(saidBy(codec, attach), { type: "connect", passcode: "t" });
  const refused = codec.writeClosing({ code: 4001, reason: "no such token" });
  assert.equal(outcomeIn(String(refused)), "2 -32000");
  assert.match(String(codec.writeConnected("s1")), /"id":2,"result":\{"Session":"s1",/);
});

test("all that is written is as the published schema has it, and what it has is read", () => {
  const codec = connected();
  const written: unknown[] = [];
  const note = (message: unknown): void => void written.push(JSON.parse(String(message)));
  const id = asked(codec, call(1, { Device: DEVICE, ...NAMES }));
  const answer = codec.writeAnswer(refusalOf(id, refuse("unknown-device", "no")));
  assert.ok(typeof answer === "object");
  note(answer.message);
  const fault = { code: 9003, message: "m", data: { SetParameterValuesFault: [] } };
  for (const [status, body] of [
    ["fault", fault],
    ["expired", { code: 8002, message: "expired" }],
  ] as const) {
    const requestId = asked(codec, call("s", { Device: DEVICE, ...NAMES }));
    const told = { requestId, status, contentType: "application/json", body: JSON.stringify(body) };
    const ended = codec.writeAnswer({ ...told, operation: "o1" });
    assert.ok(typeof ended === "object");
    note(ended.message);
  }
  const channel = channelName("public/fleet");
  assert.ok(channel !== undefined);
  for (const isState of [true, false]) {
    note(codec.writePublication({ channel, epoch: "e", offset: 1, isState, data: { a: 1 } }).message);
  }
  const device = parseDeviceKey(DEVICE);
  assert.ok(device !== undefined);
  const seen = { device, view: "v" };
  for (const said of [
    { type: "way", way: "read", every: 30, path: "Device.A", detail: "no" },
    { type: "values", at: "2026-01-31T12:00:00Z", values: { "Device.": { A: 1 } } },
  ] as const) {
    note(codec.writeSeen({ ...seen, said }).message);
  }
  for (const each of written) assert.ok(holds("to-manager", each), JSON.stringify(each));
  const asks = [
    call(1, { Device: DEVICE, ...NAMES }),
    `[${call(1, { Device: DEVICE, ...NAMES })}]`,
    '{"jsonrpc":"2.0","id":"a","method":"Subscribe","params":{"Channel":"public/fleet","Epoch":"e","Offset":0}}',
    '{"jsonrpc":"2.0","id":"a","method":"Unsubscribe","params":{"Channel":"public/fleet"}}',
    `{"jsonrpc":"2.0","id":"a","method":"Observe","params":{"Device":"${DEVICE}","View":"v","Paths":["Device."],"Interval":5}}`,
    `{"jsonrpc":"2.0","id":"a","method":"Unobserve","params":{"Device":"${DEVICE}","View":"v"}}`,
    '{"jsonrpc":"2.0","id":"a","method":"Attach","params":{"Token":"t"}}',
    `{"jsonrpc":"2.0","method":"X_00D09E_Do","params":{"Device":"${DEVICE}","Any":[1]}}`,
  ];
  for (const each of asks) {
    assert.ok(holds("to-acs", JSON.parse(each)), each);
    assert.notEqual(saidBy(connected(), each)?.type, "reply", each);
  }
  for (const each of [call(1, NAMES), call(1, { Device: DEVICE })]) {
    assert.ok(!holds("to-acs", JSON.parse(each)), each);
  }
});

function fresh(maxKeptChars = 1_000): JsonManagerCodec {
  return new JsonManagerCodec({ pingMs: 30_000, maxOutstanding: 8, maxMessageBytes: 1_024, maxKeptChars });
}

function connected(maxKeptChars?: number): JsonManagerCodec {
  const codec = fresh(maxKeptChars);
  codec.writeConnected("s1");
  return codec;
}

function call(id: string | number, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: "GetParameterValues", params });
}

function saidBy(codec: JsonManagerCodec, message: string | Buffer): ManagerSaid | undefined {
  const [said] = codec.read(message);
  return said;
}

/** Under which id a call is known to others. */
function asked(codec: JsonManagerCodec, message: string): string {
  const said = saidBy(codec, message);
  assert.ok(said?.type === "ask");
  return said.sends[0]?.addressed.requestId ?? "";
}

function holds(name: "to-acs" | "to-manager", value: unknown): boolean {
  const schema: JsonObject | undefined = schemas.get(`manage/${name}.json`);
  assert.ok(schema !== undefined);
  return Check(schema, value);
}

function idsIn(message: string): readonly unknown[] {
  const list: unknown = JSON.parse(message);
  assert.ok(Array.isArray(list));
  return list.map((each: { readonly id: unknown }) => each.id);
}

function outcomeIn(message: string): string {
  const [, id = "", code = ""] = /"id":([^,]*),"error":\{"code":(-?\d+)/.exec(message) ?? [];
  return `${id} ${code}`;
}
