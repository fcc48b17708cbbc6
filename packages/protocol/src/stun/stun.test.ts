import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { decodeStun, stunLimits } from "./decode.ts";
import { encodeStun } from "./encode.ts";
import { isSignedWith, type HmacSha1 } from "./integrity.ts";
import type { BindingRequest, StunMessage } from "./message.ts";
import { bytesOfHex, hexOf } from "./octets.ts";

const OLD = "00112233445566778899aabbccddeeff";
const NEW = "2112a442b7e7a701bc34d686fa87dfae";

const request: BindingRequest = {
  type: "binding-request",
  transaction: OLD,
  forConnectionRequests: false,
  bindingChanged: false,
  unknown: [],
};

const hmac: HmacSha1 = (key, data) => createHmac("sha1", key).update(data).digest("hex");
const signing = { password: "VOkJxbRl1RmTxUk/WvJxBt", hmac };

function read(bytes: Uint8Array): StunMessage {
  const decoded = decodeStun(bytes, stunLimits);
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.value;
}

const messages: readonly (readonly [name: string, message: StunMessage, hex: string])[] = [
  ["a bare request", request, `00010000${OLD}`],
  [
    "a request that keeps the way for connection requests open, and says that it changed",
    { ...request, username: "cpe1", forConnectionRequests: true, bindingChanged: true },
    `00010024${OLD}c0010014${Buffer.from("dslforum.org/TR-111 ").toString("hex")}c00200000006000463706531`,
  ],
  [
    "a request whose answer is to go to another port",
    { ...request, responseAddress: { address: "192.0.2.1", port: 32853 } },
    `0001000c${OLD}0002000800018055c0000201`,
  ],
  [
    "an answer of RFC 3489",
    { type: "binding-response", transaction: OLD, mapped: { address: "192.0.2.1", port: 32853 } },
    `0101000c${OLD}0001000800018055c0000201`,
  ],
  [
    "an answer of RFC 5389, as RFC 5769 2.2 has it",
    { type: "binding-response", transaction: NEW, mapped: { address: "192.0.2.1", port: 32853 } },
    `0101000c${NEW}002000080001a147e112a643`,
  ],
  [
    "an answer of RFC 5389 by IPv6, as RFC 5769 2.3 has it",
    {
      type: "binding-response",
      transaction: NEW,
      mapped: { address: "2001:db8:1234:5678:11:2233:4455:6677", port: 32853 },
    },
    `01010018${NEW}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
  ],
  [
    "an answer that went elsewhere",
    {
      type: "binding-response",
      transaction: OLD,
      mapped: { address: "192.0.2.1", port: 1 },
      reflectedFrom: { address: "192.0.2.1", port: 2 },
    },
    `01010018${OLD}0001000800010001c0000201000b000800010002c0000201`,
  ],
  [
    "a refusal that names what was not understood",
    { type: "binding-error", transaction: OLD, code: 420, reason: "no", unknown: [3] },
    `01110014${OLD}00090006000004146e6f0000000a000200030000`,
  ],
];

for (const [name, message, hex] of messages) {
  test(`${name} is written, and read back [CWMP-UDP-7]`, () => {
    assert.equal(hexOf(encodeStun(message)), hex);
    assert.deepEqual(read(bytesOfHex(hex)), message);
  });
}

test("what is signed is proved by its password, and by no other [CWMP-UDP-9]", () => {
  for (const transaction of [OLD, NEW]) {
    const message = read(encodeStun({ ...request, transaction, username: "evtj:h6vY" }, signing));
    assert.ok(message.type === "binding-request");
    assert.ok(isSignedWith(message, signing));
    assert.ok(!isSignedWith(message, { ...signing, password: "other" }));
    assert.ok(!isSignedWith({ ...request, transaction }, signing));
  }
});

test("the signature of RFC 3489 covers the message filled up with zeros to whole blocks [CWMP-UDP-9]", () => {
  const bytes = encodeStun({ ...request, username: "cpe1" }, signing);
  const covered = Buffer.alloc(64);
  covered.set(bytes.subarray(0, -24));
  assert.equal(hexOf(bytes.subarray(-20)), hmac(signing.password, covered));
});

test("the sample request of RFC 5769 2.1 is read, and its signature holds [CWMP-UDP-9]", () => {
  const sample =
    `00010058${NEW}80220010` +
    "5354554e207465737420636c69656e74" +
    "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020" +
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2" +
    "80280004e57a3bcf";
  const message = read(bytesOfHex(sample));
  assert.ok(message.type === "binding-request");
  assert.equal(message.username, "evtj:h6vY");
  assert.deepEqual(message.unknown, [0x24]);
  assert.ok(isSignedWith(message, signing));
});

test("what must be understood and is not is named; a CHANGE-REQUEST that asks for nothing is passed over", () => {
  const [flags, none] = ["00000006", "00000000"].map((value) =>
    read(bytesOfHex(`00010008${OLD}00030004${value}`)),
  );
  assert.deepEqual(flags, { ...request, unknown: [3] });
  assert.deepEqual(none, request);
});

test("what is no Binding message is refused with a reason", () => {
  for (const [hex, detail] of [
    ["0001", "not a Binding message of STUN"],
    [`00030000${OLD}`, "not a Binding message of STUN"],
    [`00010004${OLD}`, "its length is another"],
    [`00010004${OLD}00060004`, "an attribute is cut off"],
    [`00010008${OLD}0008000400000000`, "no MESSAGE-INTEGRITY"],
    [`00010008${OLD}0002000400000000`, "its RESPONSE-ADDRESS is none"],
    [`01010000${OLD}`, "no mapped address"],
    [`01110000${OLD}`, "no error code"],
    ["00".repeat(549), "longer than 548 bytes"],
  ] as const) {
    const decoded = decodeStun(bytesOfHex(hex), stunLimits);
    assert.equal(decoded.ok ? "read" : decoded.problem.detail, detail);
  }
});

test("what is no IP address is not written", () => {
  for (const address of ["", "1.2.3", "1.2.3.256", "1::2::3", "1:2:3", "cpe.example", "1:2:3:4:5:6:7:8:9"]) {
    const mapped = { address, port: 1 };
    assert.throws(
      () => encodeStun({ type: "binding-response", transaction: OLD, mapped }),
      /is no IP address/,
    );
  }
  const mapped = { address: "::1", port: 1 };
  const read6 = read(encodeStun({ type: "binding-response", transaction: OLD, mapped }));
  assert.ok(read6.type === "binding-response");
  assert.equal(read6.mapped.address, "0:0:0:0:0:0:0:1");
});
