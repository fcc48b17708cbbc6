import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNetwork } from "../address.ts";
import { mayRequest, readTarget } from "./target.ts";
import type { Target, TargetRules } from "./target.ts";

const urls: readonly (readonly [url: string, target: Target])[] = [
  [
    "http://192.0.2.9:7548/abc?x=1",
    target("192.0.2.9", 7548, { path: "/abc?x=1", authority: "192.0.2.9:7548" }),
  ],
  ["http://192.0.2.9", target("192.0.2.9", 80, { authority: "192.0.2.9" })],
  [
    " http://cpe.example.org:30005/ ",
    target("cpe.example.org", 30005, { authority: "cpe.example.org:30005" }),
  ],
  ["http://[2001:db8::0:1]:7547/", target("2001:db8::1", 7547, { authority: "[2001:db8::1]:7547" })],
  ["http://0x7f.1/", target("127.0.0.1", 80, { authority: "127.0.0.1" })],
  ["http://[::ffff:127.0.0.1]/", target("127.0.0.1", 80, { authority: "[::ffff:7f00:1]" })],
  ["http://user:secret@192.0.2.9/", target("192.0.2.9", 80, { authority: "192.0.2.9" })],
];
for (const [url, expected] of urls) {
  test(`the target is read from ${JSON.stringify(url)}`, () => {
    assert.deepEqual(readTarget(url), { ok: true, target: expected });
  });
}

const unusable: readonly (readonly [url: string | undefined, detail: string])[] = [
  [undefined, "it gave no ConnectionRequestURL"],
  ["  ", "it gave no ConnectionRequestURL"],
  ["192.0.2.9/", "its ConnectionRequestURL is not a URL"],
  ["http://", "its ConnectionRequestURL is not a URL"],
  ["http://192.0.2.9:99999/", "its ConnectionRequestURL is not a URL"],
  ["https://192.0.2.9/", "its ConnectionRequestURL is not an http URL"],
  ["192.0.2.9:7547/", "its ConnectionRequestURL is not a URL"],
  ["file:///etc/passwd", "its ConnectionRequestURL is not an http URL"],
  [`http://${"LONG".repeat(6_000)}/`, "its ConnectionRequestURL is not a URL"],
  ["cpe:7547", "its ConnectionRequestURL is not an http URL"],
];
for (const [url, detail] of unusable) {
  test(`${JSON.stringify(url?.slice(0, 40))} is no target [CWMP-CONNREQ-1]`, () => {
    assert.deepEqual(readTarget(url), { ok: false, detail });
  });
}

test("a request goes to where the device's Inform came from, and nowhere else", () => {
  assert.equal(mayRequest("198.51.100.7", rules()), true);
  assert.equal(mayRequest("198.51.100.8", rules()), false);
  assert.equal(mayRequest("cpe.example.org", rules()), false);
});

test("a request goes into the listed networks", () => {
  const listed = rules({ networks: ["10.0.0.0/8", "2001:db8::/32"] });
  assert.equal(mayRequest("10.1.2.3", listed), true);
  assert.equal(mayRequest("2001:db8::7", listed), true);
  assert.equal(mayRequest("11.0.0.1", listed), false);
});

test("this machine and a link's own addresses are reached only where the Inform came from there", () => {
  for (const address of ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "192.0.2.1"]) {
    assert.equal(mayRequest(address, rules({ networks: ["0.0.0.0/0", "::/0", "192.0.0.0/8"] })), false);
    assert.equal(mayRequest(address, rules({ informAddress: address })), true);
  }
});

test("this machine and a link's own addresses are reached where the list names them", () => {
  const named = rules({ networks: ["127.0.0.0/8", "169.254.0.0/16", "192.0.2.1"] });
  for (const address of ["127.0.0.1", "169.254.1.1", "192.0.2.1"])
    assert.equal(mayRequest(address, named), true);
});

test("nobody's addresses are never reached", () => {
  for (const address of ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1"]) {
    assert.equal(
      mayRequest(address, rules({ informAddress: address, networks: ["0.0.0.0/0", "::/0"] })),
      false,
    );
  }
});

function rules(
  changes: { readonly informAddress?: string; readonly networks?: readonly string[] } = {},
): TargetRules {
  const { informAddress = "198.51.100.7", networks = [] } = changes;
  return {
    informAddress,
    networks: networks.map(parseNetwork).filter((network) => network !== undefined),
    ownAddresses: ["192.0.2.1"],
  };
}

function target(
  host: string,
  port: number,
  rest: { readonly path?: string; readonly authority: string },
): Target {
  return { host, port, path: rest.path ?? "/", authority: rest.authority };
}
