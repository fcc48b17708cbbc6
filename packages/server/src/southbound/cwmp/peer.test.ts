import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { peerOf } from "./peer.ts";

class SocketFrom extends Socket {
  override remoteAddress: string;
  constructor(address: string) {
    super();
    this.remoteAddress = address;
  }
}

function request(address: string, headers: Readonly<Record<string, string>> = {}): IncomingMessage {
  const message = new IncomingMessage(new SocketFrom(address));
  Object.assign(message.headers, headers);
  return message;
}

test("without a proxy a request comes from its socket", () => {
  assert.deepEqual(peerOf(request("::ffff:192.0.2.7"), false), {
    address: "192.0.2.7",
    local: false,
    direct: true,
  });
  assert.deepEqual(peerOf(request("::1"), false), { address: "::1", local: true, direct: true });
});

test("a request that an unknown proxy passed on is neither local nor direct, and its header counts for nothing", () => {
  for (const headers of [{ "x-forwarded-for": "127.0.0.1" }, { forwarded: "for=127.0.0.1" }]) {
    assert.deepEqual(peerOf(request("127.0.0.1", headers), false), {
      address: "127.0.0.1",
      local: false,
      direct: false,
    });
  }
});

const hops: readonly (readonly [header: string, address: string, local: boolean])[] = [
  ["203.0.113.9", "203.0.113.9", false],
  ["127.0.0.1, 203.0.113.9", "203.0.113.9", false],
  ["203.0.113.9:5123", "203.0.113.9", false],
  ["[2001:db8::1]:5123", "2001:db8::1", false],
  ["2001:db8::1", "2001:db8::1", false],
  ["203.0.113.9, ::1", "::1", true],
];
for (const [header, address, local] of hops) {
  test(`behind a trusted proxy "${header}" comes from ${address}`, () => {
    const peer = peerOf(request("10.0.0.1", { "x-forwarded-for": header }), true);
    assert.deepEqual(peer, { address, local, direct: false });
  });
}

for (const headers of [{}, { "x-forwarded-for": "unknown" }]) {
  test(`behind a trusted proxy that says ${JSON.stringify(headers)} a request is not local, though the proxy is`, () => {
    assert.deepEqual(peerOf(request("127.0.0.1", headers), true), {
      address: "127.0.0.1",
      local: false,
      direct: false,
    });
  });
}
