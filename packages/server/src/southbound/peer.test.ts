import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { TLSSocket } from "node:tls";
import { peerOf } from "./peer.ts";

type Headers = Readonly<Record<string, string>>;

class PlainSocket extends Socket {
  override remoteAddress: string;
  constructor(address: string) {
    super();
    this.remoteAddress = address;
  }
}

class SecureSocket extends TLSSocket {
  override remoteAddress: string;
  constructor(address: string) {
    super(new Socket());
    this.remoteAddress = address;
  }
}

function request(address: string, headers: Headers = {}): IncomingMessage {
  return from(new PlainSocket(address), headers);
}

function secureRequest(address: string, headers: Headers = {}): IncomingMessage {
  return from(new SecureSocket(address), headers);
}

function from(socket: Socket, headers: Headers): IncomingMessage {
  const message = new IncomingMessage(socket);
  Object.assign(message.headers, headers);
  return message;
}

test("without a proxy a request comes from its socket", () => {
  assert.deepEqual(peerOf(request("::ffff:192.0.2.7"), false), {
    address: "192.0.2.7",
    local: false,
    direct: true,
    secure: false,
  });
  assert.deepEqual(peerOf(request("::1"), false), {
    address: "::1",
    local: true,
    direct: true,
    secure: false,
  });
});

test("a request that an unknown proxy passed on is neither local nor direct, and its header counts for nothing", () => {
  for (const headers of [{ "x-forwarded-for": "127.0.0.1" }, { forwarded: "for=127.0.0.1" }]) {
    assert.deepEqual(peerOf(request("127.0.0.1", headers), false), {
      address: "127.0.0.1",
      local: false,
      direct: false,
      secure: false,
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
    assert.deepEqual(peer, { address, local, direct: false, secure: false });
  });
}

for (const headers of [{}, { "x-forwarded-for": "unknown" }]) {
  test(`behind a trusted proxy that says ${JSON.stringify(headers)} a request is not local, though the proxy is`, () => {
    assert.deepEqual(peerOf(request("127.0.0.1", headers), true), {
      address: "127.0.0.1",
      local: false,
      direct: false,
      secure: false,
    });
  });
}

test("a request by our TLS is secure, unless an unknown proxy passed it on", () => {
  assert.equal(peerOf(secureRequest("192.0.2.7"), false).secure, true);
  assert.equal(peerOf(secureRequest("192.0.2.7", { "x-forwarded-for": "203.0.113.9" }), false).secure, false);
});

test("without a proxy that we trust nobody says that a request is secure", () => {
  assert.equal(peerOf(request("192.0.2.7", { "x-forwarded-proto": "https" }), false).secure, false);
});

const schemes: readonly (readonly [scheme: string, secure: boolean])[] = [
  ["https", true],
  ["HTTPS", true],
  ["http, https", true],
  ["http", false],
  ["https, http", false],
  ["", false],
];
for (const [scheme, secure] of schemes) {
  test(`behind a trusted proxy that says "${scheme}" a request is ${secure ? "secure" : "not secure"}`, () => {
    const headers = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": scheme };
    assert.equal(peerOf(request("10.0.0.1", headers), true).secure, secure);
    assert.equal(peerOf(secureRequest("10.0.0.1", headers), true).secure, secure);
  });
}

test("behind a trusted proxy that says nothing, what came by our TLS is secure", () => {
  assert.equal(peerOf(secureRequest("10.0.0.1"), true).secure, true);
  assert.equal(peerOf(request("10.0.0.1"), true).secure, false);
});
