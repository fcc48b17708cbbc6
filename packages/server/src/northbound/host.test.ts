import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedHosts, hostName, isForeign } from "./host.ts";

for (const [header, name] of [
  ["localhost", "localhost"],
  ["ACS.Example:8080", "acs.example"],
  ["192.0.2.1:80", "192.0.2.1"],
  ["[::1]:8080", "[::1]"],
  ["[2001:DB8::1]", "[2001:db8::1]"],
] as const) {
  test(`the name in "${header}" is ${name}`, () => {
    assert.equal(hostName(header), name);
  });
}

for (const header of [
  undefined,
  "",
  "a b",
  "user@acs.example",
  "acs.example/path",
  "acs.example:",
  "::1",
  "a:b:80",
]) {
  test(`there is no name in "${header ?? "no header"}"`, () => {
    assert.equal(hostName(header), undefined);
  });
}

test("loopback names are accepted besides the configured ones, addresses with or without brackets", () => {
  assert.deepEqual(
    [...acceptedHosts(["ACS.example", "2001:db8::1", "[2001:db8::2]"])],
    ["localhost", "127.0.0.1", "[::1]", "acs.example", "[2001:db8::1]", "[2001:db8::2]"],
  );
});

test("a request is foreign where it has cookies and comes from another site's page", () => {
  const host = "acs.example:8080";
  assert.ok(isForeign({ host, cookie: "a=1", origin: "https://evil.example" }));
  assert.ok(isForeign({ host, cookie: "a=1", origin: "http://acs.example" }));
  assert.ok(isForeign({ host, cookie: "a=1", origin: "null" }));
  assert.ok(!isForeign({ host, cookie: "a=1", origin: "http://acs.example:8080" }));
  assert.ok(!isForeign({ host, cookie: "a=1" }));
  assert.ok(!isForeign({ host, origin: "https://evil.example" }));
});
