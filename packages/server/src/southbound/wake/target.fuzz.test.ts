import assert from "node:assert/strict";
import { validateHeaderValue } from "node:http";
import { isIP } from "node:net";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { mayRequest, readTarget } from "./target.ts";

const seeds = [
  "http://192.0.2.1:7547/acs?x=1",
  "HTTP://[2001:db8::1]:30005/",
  "http://user:pass@cpe.example/a b",
  "https://192.0.2.1/",
  "192.0.2.1:7547",
  "http://0x7f.1/",
];
const tokens = [
  ...[
    "http:",
    "http://",
    "//",
    "/",
    "\\",
    "@",
    ":",
    "?",
    "#",
    "[",
    "]",
    "%",
    "%0d%0a",
    "\r\nX: y",
    "．",
    "::1",
  ],
  ...["127.1", "2130706433", "localhost", "xn--", "ß", ":0", ":65536", "..", "file:", "javascript:"],
];
const rules = { informAddress: "192.0.2.1", networks: [], ownAddresses: [] };

/** A target that Node's client takes, and that stays the same when it is read again; or a reason that gives nothing away. */
function judge(text: string): void {
  const read = readTarget(text);
  if (!read.ok) {
    assert.match(read.detail, /^it(?:s ConnectionRequestURL| gave no ConnectionRequestURL)[a-zA-Z ]*$/);
    return;
  }
  const { host, port, path, authority } = read.target;
  assert.ok(host !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535);
  assert.match(path, /^\/[\u0021-\u007e]*$/);
  validateHeaderValue("host", authority);
  assert.match(authority, /^[^\s/@?#]+$/);
  assert.deepEqual(readTarget(`http://${authority}${path}`), read);
  assert.equal(mayRequest(host, rules), isIP(host) !== 0 && host === rules.informAddress);
}

test("any ConnectionRequestURL is a target, or is refused with a reason", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any ConnectionRequestURL grows no faster than its text", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["http://a/", ""],
      ["http://", "/"],
    ],
    read: judge,
  });
});
