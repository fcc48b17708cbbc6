import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { sessionCookie, sessionCookies } from "./cookie.ts";

const id = "0123456789abcdef0123456789abcdef";
const seeds = [
  `session=${id}`,
  `$Version=1; session="${id}"; $Path=/, other=x`,
  `other=1;session = ${id} ;session=${id.toUpperCase()}`,
];
const tokens = ["session", "session=", `session=${id}`, id, "=", ";", ",", '"', " ", "$Path", "a"];

/** Ids in our form, each as it stands in the header in capitals or not, and found again in a cookie of our own. */
function judge(header: string): void {
  for (const found of sessionCookies(header)) {
    assert.match(found, /^[0-9a-f]{32}$/);
    assert.ok(header.toLowerCase().includes(found));
    assert.deepEqual(sessionCookies(sessionCookie(found)), [found]);
  }
}

test("any header holds ids of sessions, or none", (t) => fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any header grows no faster than the header", () => {
  growsLinearly({ tokens, read: judge, chars: 4_000 });
});
