import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRequest, type SendFrame } from "@heliograph/protocol";
import { isRefusal } from "../refusal.ts";
import { addressOf, readQuestion } from "./question.ts";

const NOW = Date.UTC(2026, 0, 1);

test("a destination names the device whose requests it takes", () => {
  assert.equal(addressOf(send({}))?.device, "00D09E-X-1");
  for (const destination of [
    "/requests",
    "/device/x/requests",
    "/device/00D09E-X-1",
    "/device/00D09E-X-1/requests/2",
    "",
  ]) {
    assert.equal(addressOf({ destination, headers: new Map() }), undefined, destination);
  }
});

test("JSON is the params of the method that the header names; an envelope names its own", () => {
  const json = read({ method: "Reboot" }, '{"CommandKey":"k"}');
  assert.ok(!isRefusal(json));
  assert.deepEqual(json.call, { method: "Reboot", params: { CommandKey: "k" } });
  const nothing = read({ method: "GetRPCMethods" }, "");
  assert.ok(!isRefusal(nothing));
  const namespace = "urn:dslforum-org:cwmp-1-0";
  const text = encodeRequest({
    id: "7",
    namespace,
    request: { method: "Reboot", params: { CommandKey: "k" } },
  });
  const xml = read({}, text, "text/xml; charset=utf-8");
  assert.ok(!isRefusal(xml));
  assert.deepEqual(JSON.parse(JSON.stringify(xml.call)), { method: "Reboot", params: { CommandKey: "k" } });
  assert.partialDeepStrictEqual(xml.form, { type: "xml", id: "7", namespace });
});

for (const [what, headers, body, contentType, reason] of [
  ["no method", {}, "{}", undefined, "invalid-request"],
  ["no JSON", { method: "Reboot" }, "{", undefined, "not-json"],
  ["a list", { method: "Reboot" }, "[]", undefined, "invalid-rpc"],
  ["an RPC that there is not", { method: "Rebot" }, "{}", undefined, "invalid-rpc"],
  ["another type", { method: "Reboot" }, "{}", "image/png", "unsupported-media-type"],
  ["no XML", {}, "<a>", "text/xml", "invalid-rpc"],
  [
    "a time gone by",
    { method: "GetRPCMethods", expires: "2025-01-01T00:00:00Z" },
    "{}",
    undefined,
    "invalid-request",
  ],
  ["no time", { method: "GetRPCMethods", expires: "soon" }, "{}", undefined, "invalid-request"],
] as const) {
  test(`${what} is refused, and says why`, () => {
    const refusal = read(headers, body, contentType);
    assert.ok(isRefusal(refusal));
    assert.equal(refusal.refused, reason);
  });
}

test("expires is seconds from now, or a time", () => {
  for (const expires of ["60", "2026-01-01T00:01:00Z"]) {
    const question = read({ method: "GetRPCMethods", expires }, "");
    assert.ok(!isRefusal(question));
    assert.equal(question.expiresAt, NOW + 60_000);
  }
});

function read(headers: Readonly<Record<string, string>>, body: string, contentType?: string) {
  const frame = send(headers, body, contentType);
  const addressed = addressOf(frame);
  assert.ok(addressed !== undefined);
  return readQuestion(frame, addressed, NOW);
}

function send(headers: Readonly<Record<string, string>>, body = "", contentType?: string): SendFrame {
  return {
    command: "SEND",
    destination: "/device/00D09E-X-1/requests",
    contentType,
    transaction: undefined,
    receipt: undefined,
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body),
  };
}
