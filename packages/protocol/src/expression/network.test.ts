import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { seededRandom } from "@heliograph/testkit";
import { isInBlock, parseBlock } from "./network.ts";

const holds: readonly (readonly [block: string, within: string, without: string])[] = [
  ["10.0.0.0/8", "10.255.0.1", "11.0.0.1"],
  ["192.0.2.77", "192.0.2.77", "192.0.2.78"],
  ["0.0.0.0/0", "255.255.255.255", "::1"],
  ["2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"],
  ["::1", "0:0:0:0:0:0:0:1", "::2"],
  ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"],
  ["64:ff9b::/96", "64:ff9b::192.0.2.1", "64:ff9c::1"],
];
for (const [text, within, without] of holds) {
  test(`${within} lies in ${text}, ${without} does not`, () => {
    const block = parseBlock(text);
    assert.ok(block);
    assert.equal(isInBlock(within, block), true);
    assert.equal(isInBlock(without, block), false);
  });
}

test("what is no network is none", () => {
  for (const text of [
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.0/33",
    "10.0.0.0/",
    "::1::",
    "1:2:3:4:5:6:7",
    "::/129",
    "a/8",
  ]) {
    assert.equal(parseBlock(text), undefined, text);
  }
});

test("the same texts are addresses for us and for Node", (t) => {
  const random = seededRandom((line) => {
    t.diagnostic(line);
  });
  const parts = ["::", ":", ".", "0", "1", "12", "255", "256", "ffff", "abcd", "g", "00"];
  for (let run = 0; run < 20_000; run += 1) {
    const text = Array.from(
      { length: random.integer(1, 9) },
      () => parts[random.integer(0, parts.length - 1)],
    ).join("");
    assert.equal(parseBlock(text) !== undefined, isIP(text) !== 0, text);
  }
});
