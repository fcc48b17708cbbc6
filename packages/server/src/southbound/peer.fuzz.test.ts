import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { isIP, Socket } from "node:net";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { isLinkLocal, isLoopback, isNobodys, parseNetwork, plainAddress } from "./address.ts";
import { peerOf } from "./peer.ts";

const seeds = [
  "192.0.2.1, 127.0.0.1:5000",
  "[2001:DB8::1]:443",
  "::ffff:192.0.2.7, fe80::1%eth0",
  "10.0.0.0/8",
  "2001:db8::/32",
  "::ffff:0:0/96",
];
const tokens = [
  ...[
    ",",
    ":",
    "::",
    ".",
    "/",
    "[",
    "]",
    "%",
    "%eth0",
    "0x7f.1",
    "127.0.0.1",
    "255",
    "256",
    "::ffff:",
    "::1",
  ],
  ...["/0", "/32", "/129", "unknown", "_hidden", 'for="[::1]"', "\u2028"],
];

function judge(text: string): void {
  judgeAddress(text);
  for (const hop of [text, `${text},${text}`]) judgePeer(hop);
  const network = parseNetwork(text);
  if (network === undefined) return;
  assert.equal(plainAddress(network.base), network.base);
  assert.ok(network.includes(network.base));
  assert.ok(!network.includes(text) || isIP(text) !== 0);
}

/** In its one form it stays as it is. */
function judgeAddress(text: string): void {
  const plain = plainAddress(text);
  if (plain === undefined) return;
  assert.notEqual(isIP(plain), 0);
  assert.equal(plainAddress(plain), plain);
  assert.ok([isLoopback, isLinkLocal, isNobodys].filter((is) => is(plain)).length <= 1);
}

/** Who says that it comes from this machine is believed only where a proxy of ours says so. */
function judgePeer(forwarded: string): void {
  const message = new IncomingMessage(new Socket());
  Object.assign(message.headers, { "x-forwarded-for": forwarded, "x-forwarded-proto": forwarded });
  const stranger = peerOf(message, false);
  assert.ok(!stranger.local && !stranger.direct && !stranger.secure);
  const { address, local } = peerOf(message, true);
  assert.equal(plainAddress(address), address);
  assert.equal(local, isLoopback(address));
}

test("any text is an address in its one form, a network, or neither; any chain of proxies comes from somewhere", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000 }));

test("the time for any text grows no faster than the text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["[", "\n]"],
      ["1.1.1.1", "\n"],
    ],
    read: judge,
  });
});
