import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { acceptedHosts, hostName, isForeign } from "./host.ts";
import { pathKey } from "./path-key.ts";

const seeds = [
  "ACS.Example:8080",
  "[2001:DB8::1]:8080",
  "http://acs.example:8080",
  "/api/v1/devices/00D09E-a%252Db-1/operations?limit=5",
  "/api/v1/devices/00D09E-50%25%20off-1",
];
const tokens = [
  "[",
  "]",
  "::",
  ":",
  ":80",
  "@",
  "/",
  "//",
  "?",
  "#",
  "%25",
  "%2D",
  "/devices/",
  "http:",
  "null",
  ".",
];

function judge(text: string): void {
  const name = hostName(text);
  if (name !== undefined) {
    assert.ok(acceptedHosts([name]).has(name));
    assert.equal(hostName(`${name}:8080`), name);
  }
  for (const headers of [
    { cookie: "a=b", origin: text, host: "acs.example" },
    { cookie: "a=b", origin: "http://acs.example", host: text },
  ]) {
    assert.equal(typeof isForeign(headers), "boolean");
  }
  const key = parseDeviceKey(pathKey(text));
  if (key === undefined) return;
  assert.equal(pathKey(`/devices/${encodeURIComponent(key)}/x`), key);
}

test("any host, origin and path is one of ours or is not", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any of them grows no faster than its text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["[", " "],
      ["/devices/", "/"],
    ],
    read: judge,
  });
});
