import assert from "node:assert/strict";
import { test } from "node:test";
import { isLinkLocal, isLoopback, isNobodys, parseNetwork, plainAddress } from "./address.ts";

const written: readonly (readonly [text: string, plain: string | undefined])[] = [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["[::ffff:7f00:1]", "127.0.0.1"],
  ["fe80::1%eth0", "fe80::1"],
  ["2001:DB8:0:0::1", "2001:db8::1"],
  ["[::1]", "::1"],
  ["192.0.2", undefined],
  ["example.org", undefined],
  ["", undefined],
];
for (const [text, plain] of written) {
  test(`the address "${text}" is read as ${plain ?? "none"}`, () => {
    assert.equal(plainAddress(text), plain);
  });
}

test("special addresses are known in both families", () => {
  assert.deepEqual(["127.0.0.1", "127.9.9.9", "::1", "128.0.0.1", "::2"].map(isLoopback), [
    true,
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual(["169.254.1.1", "fe80::9", "169.253.1.1"].map(isLinkLocal), [true, true, false]);
  assert.deepEqual(["0.0.0.0", "::", "239.1.1.1", "255.255.255.255", "ff02::1", "10.0.0.1"].map(isNobodys), [
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
});

test("a network includes its addresses and no others", () => {
  const network = parseNetwork("10.1.0.0/16");
  assert.ok(network);
  assert.equal(network.base, "10.1.0.0");
  assert.equal(network.includes("10.1.255.1"), true);
  assert.equal(network.includes("10.2.0.1"), false);
  assert.equal(network.includes("2001:db8::1"), false);
  assert.equal(parseNetwork("2001:db8::/32")?.includes("2001:db8:1::5"), true);
  assert.equal(parseNetwork("192.0.2.1")?.includes("192.0.2.1"), true);
  assert.equal(parseNetwork("192.0.2.1")?.includes("192.0.2.2"), false);
});

for (const text of ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "host/8", "::/129", "10.0.0.0/-1"]) {
  test(`"${text}" is no network`, () => {
    assert.equal(parseNetwork(text), undefined);
  });
}
