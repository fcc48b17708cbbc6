import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrivate } from "./acs-connection.ts";

for (const [url, expected] of [
  ["https://acs.example.org/", true],
  ["http://127.0.0.1:7547/", true],
  ["http://127.8.8.8/", true],
  ["http://[::1]:7547/", true],
  ["http://localhost/", true],
  ["http://acs.example.org/", false],
  ["http://192.0.2.1/", false],
  ["http://localhost.example.org/", false],
  ["http://1.127.0.0.1.example.org/", false],
  ["http://[2001:db8::1]/", false],
] as const) {
  test(`a password is ${expected ? "said" : "not said"} in the clear to ${url} [CWMP-AUTH-1]`, () => {
    assert.equal(isPrivate(new URL(url)), expected);
  });
}
