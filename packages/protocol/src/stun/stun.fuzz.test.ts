import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { fuzz } from "@heliograph/testkit";
import { problems } from "../problems.ts";
import { decodeStun, stunLimits } from "./decode.ts";
import { encodeStun } from "./encode.ts";
import { isSignedWith } from "./integrity.ts";
import type { StunMessage } from "./message.ts";
import { bytesOfHex } from "./octets.ts";

const OLD = "00112233445566778899aabbccddeeff";
const NEW = "2112a442b7e7a701bc34d686fa87dfae";
const seeds = [
  `00010000${OLD}`,
  `00010000${NEW}`,
  `0001000c${OLD}0002000800018055c0000201`,
  `00010024${OLD}c001001464736c666f72756d2e6f72672f54522d31313120c00200000006000463706531`,
  `00010018${NEW}000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2`,
  `01010018${NEW}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
  `01110014${OLD}00090006000004146e6f0000000a000200030000`,
].map((hex) => Buffer.from(hex, "hex").toString("latin1"));
const tokens = [
  "\0\x01\0\0",
  "\0\x08\0\x14",
  "\0\x06\xff\xff",
  "\0\x01\0\x08\0\x01",
  "\xc0\x01\0\x14",
  "\0\x03\0\x04",
];

/** A message or a declared problem; what a message means is written, and read again. */
function judge(text: string): void {
  const decoded = decodeStun(Buffer.from(text, "latin1"), stunLimits);
  if (!decoded.ok) {
    const { reason, at, detail } = decoded.problem;
    assert.ok(Object.hasOwn(problems, reason) && at !== "" && detail !== "");
    return;
  }
  const message = decoded.value;
  if (message.type !== "binding-error") isSignedWith(message, { password: "p", hmac });
  const again = decodeStun(encodeStun(plain(message)), stunLimits);
  assert.deepEqual(again, { ok: true, value: plain(message) });
}

/** Without what is not written again: who signed it, and what was not understood. */
function plain(message: StunMessage): StunMessage {
  if (message.type === "binding-error") return message;
  const { integrity: _, ...rest } = message;
  return rest.type === "binding-request" ? { ...rest, unknown: [] } : rest;
}

function hmac(key: string, data: Uint8Array): string {
  return createHmac("sha1", key).update(data).digest("hex");
}

test("any datagram gives a message or a declared problem [CWMP-UDP-7]", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 5_000 }));

test("the time for a datagram has a bound: the longest of attributes without a value is read", () => {
  const body = "c0020000".repeat(132);
  assert.ok(decodeStun(bytesOfHex(`00010210${OLD}${body}`), stunLimits).ok);
});
