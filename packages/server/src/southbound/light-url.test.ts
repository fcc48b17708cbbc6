import assert from "node:assert/strict";
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { connect } from "node:tls";
import { certificatePair } from "../../test/certificates.ts";
import { lightUrl } from "./light-url.ts";
import type { LightUrlSettings } from "./light-url.ts";
import { startListener } from "./listener.ts";
import { peerOf } from "./peer.ts";
import type { Peer } from "./peer.ts";

const strict: LightUrlSettings = { allowPlainLight: false };
const lax: LightUrlSettings = { allowPlainLight: true };
const outside: Peer = { address: "192.0.2.7", local: false, direct: true, secure: false };
const inside: Peer = { address: "127.0.0.1", local: true, direct: true, secure: false };
const forwarded: Peer = { address: "203.0.113.9", local: false, direct: false, secure: true };

class SocketAt extends Socket {
  override readonly localAddress: string;
  override readonly localPort = 7547;
  constructor(address: string) {
    super();
    this.localAddress = address;
  }
}

/** A request without TLS that came to this address of ours. */
function requestTo(address: string): IncomingMessage {
  const request = new IncomingMessage(new SocketAt(address));
  Object.assign(request.headers, { host: "evil.example" });
  return request;
}

test("over plain HTTP nobody is referred but devices of this machine, unless the settings say so [LIGHT-REFER-8]", () => {
  const request = requestTo("192.0.2.1");
  assert.equal(lightUrl(request, outside, strict), undefined);
  assert.equal(lightUrl(request, outside, lax), "ws://192.0.2.1:7547/light");
  assert.equal(lightUrl(requestTo("127.0.0.1"), inside, strict), "ws://127.0.0.1:7547/light");
});

const addresses: readonly (readonly [address: string, url: string])[] = [
  ["::1", "ws://[::1]:7547/light"],
  ["2001:DB8:0:0::1", "ws://[2001:db8::1]:7547/light"],
  ["::ffff:192.0.2.1", "ws://192.0.2.1:7547/light"],
];
for (const [address, url] of addresses) {
  test(`a connection to ${address} leads to ${url}`, () => {
    assert.equal(lightUrl(requestTo(address), outside, lax), url);
  });
}

test("a connection that is gone leads nowhere", () => {
  assert.equal(lightUrl(new IncomingMessage(new Socket()), inside, strict), undefined);
});

test("a public URL leads to /light at its origin, whatever its path and ours", () => {
  const publicUrl = "https://acs.example:8443/cwmp/?x=1";
  const secure = { ...outside, secure: true };
  assert.equal(
    lightUrl(requestTo("10.0.0.2"), secure, { ...strict, publicUrl }),
    "wss://acs.example:8443/light",
  );
  const numeric = { ...strict, publicUrl: "https://[2001:db8::1]/" };
  assert.equal(lightUrl(requestTo("10.0.0.2"), secure, numeric), "wss://[2001:db8::1]/light");
});

test("a token goes neither over a plain Inform to a secure socket, nor over a secure one to a plain socket", () => {
  const secure = { ...outside, secure: true };
  const [plainUrl, secureUrl] = ["http://acs.example/", "https://acs.example/"];
  assert.equal(lightUrl(requestTo("10.0.0.2"), outside, { ...strict, publicUrl: secureUrl }), undefined);
  assert.equal(lightUrl(requestTo("10.0.0.2"), secure, { ...strict, publicUrl: plainUrl }), undefined);
  assert.equal(
    lightUrl(requestTo("10.0.0.2"), outside, { ...lax, publicUrl: secureUrl }),
    "wss://acs.example/light",
  );
  assert.equal(
    lightUrl(requestTo("10.0.0.2"), secure, { ...lax, publicUrl: plainUrl }),
    "ws://acs.example/light",
  );
});

test("behind a proxy only a public URL leads anywhere", () => {
  assert.equal(lightUrl(requestTo("10.0.0.2"), forwarded, lax), undefined);
  const publicUrl = "https://acs.example/";
  assert.equal(
    lightUrl(requestTo("10.0.0.2"), forwarded, { ...strict, publicUrl }),
    "wss://acs.example/light",
  );
});

const names: readonly (readonly [servername: string, host: string])[] = [
  ["acs.example", "acs.example"],
  ["north.region.example", "north.region.example"],
  ["evil.example", "127.0.0.1"],
  ["a.b.region.example", "127.0.0.1"],
  ["", "127.0.0.1"],
];
for (const [servername, host] of names) {
  test(`over TLS to "${servername}" a device is referred to ${host}, whatever its Host header says`, async () => {
    const found = Promise.withResolvers<string | undefined>();
    const pair = certificatePair("acs");
    const at = { host: "127.0.0.1", port: 0 };
    const cwmp = {
      serve: (request: IncomingMessage) => {
        found.resolve(lightUrl(request, peerOf(request, false), strict));
      },
    };
    const gateways = { cwmp, light: { upgrade: () => undefined } };
    const listener = await startListener(gateways, { ...at, tls: { ...at, pair } });
    const port = listener.secureAddress?.port ?? assert.fail("no TLS");
    const checkServerIdentity = (): undefined => undefined;
    const socket = connect({ port, host: "127.0.0.1", servername, ca: pair.cert, checkServerIdentity });
    await once(socket, "secureConnect");
    socket.write("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n");
    assert.equal(await found.promise, `wss://${host}:${port}/light`);
    socket.destroy();
    await listener.close();
  });
}
