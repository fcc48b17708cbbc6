import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRetryPolicy } from "../retry.ts";
import { describeLoss, recovery } from "./loss.ts";
import type { Loss, Recovery } from "./loss.ts";

function after(loss: Loss, tries = 1, fraction = 0): Recovery {
  return recovery(loss, tries, { now: 0, fraction, policy: defaultRetryPolicy });
}

const lost: Loss = { code: 1006, reason: "" };

test("a lost link is opened again by the session retry table [LIGHT-LIVE-5]", () => {
  assert.deepEqual(after(lost, 1), { then: "reopen", delayMs: 5_000 });
  assert.deepEqual(after(lost, 1, 0.5), { then: "reopen", delayMs: 7_500 });
  assert.deepEqual(after(lost, 3), { then: "reopen", delayMs: 20_000 });
  assert.deepEqual(after(lost, 30), { then: "reopen", delayMs: 2_560_000 });
});

for (const code of [1000, 1003, 1009, 4002, 4003, 4499, 3000]) {
  test(`after ${code} it is opened again likewise [LIGHT-CLOSE-3]`, () => {
    assert.deepEqual(after({ code, reason: "" }), { then: "reopen", delayMs: 5_000 });
  });
}

for (const status of [200, 302, 404, 407, 426, 500, 502]) {
  test(`what answers the upgrade with ${status}, as a proxy may, is tried again likewise`, () => {
    assert.deepEqual(after({ status, reason: "" }, 2), { then: "reopen", delayMs: 10_000 });
  });
}

test("an upgrade that nobody answers is tried again likewise", () => {
  assert.deepEqual(after({ reason: "timeout" }, 2), { then: "reopen", delayMs: 10_000 });
});

test("503 is asked again after its Retry-After, and by the retry table where it says so again and again", () => {
  assert.equal(after({ status: 503, notBeforeMs: 120_000, reason: "" }).delayMs, 120_000);
  assert.equal(after({ status: 503, notBeforeMs: 1_000, reason: "" }).delayMs, 1_000);
  assert.equal(after({ status: 503, notBeforeMs: 1_000, reason: "" }, 4).delayMs, 1_000);
  assert.equal(after({ status: 503, notBeforeMs: 1_000, reason: "" }, 6).delayMs, 10_000);
  assert.equal(after({ status: 503, reason: "" }).delayMs, 5_000);
});

test("1001 is a pause of a random part of its seconds, 60 where it says none [LIGHT-CLOSE-4]", () => {
  assert.deepEqual(after({ code: 1001, reason: "200" }, 1, 0.5), { then: "reopen", delayMs: 100_000 });
  assert.deepEqual(after({ code: 1001, reason: "" }, 1, 0.5), { then: "reopen", delayMs: 30_000 });
});

test("an ACS that names a pause is believed four times in a row", () => {
  assert.deepEqual(
    [4, 5, 6].map((tries) => after({ code: 1001, reason: "200" }, tries).delayMs),
    [0, 5_000, 10_000],
  );
});

test("an ACS that sends back whoever comes is waited for longer each time", () => {
  const sentBack: Loss = { code: 1001, reason: "0" };
  assert.deepEqual(
    [1, 2, 3].map((tries) => after(sentBack, tries).delayMs),
    [0, 5_000, 10_000],
  );
});

test("a device whose place another took waits as for the fourth retry", () => {
  assert.deepEqual(after({ code: 4000, reason: "" }), { then: "reopen", delayMs: 40_000 });
  assert.equal(after({ code: 4000, reason: "" }, 6).delayMs, 160_000);
});

for (const loss of [
  { code: 4001, reason: "" },
  { status: 401, reason: "" },
]) {
  test(`${JSON.stringify(loss)} needs a new token: the first time at once, then by the table`, () => {
    assert.deepEqual(after(loss), { then: "refer", delayMs: 0 });
    assert.deepEqual(after(loss, 2), { then: "refer", delayMs: 5_000 });
    assert.deepEqual(after(loss, 3), { then: "refer", delayMs: 10_000 });
  });
}

for (const loss of [
  { code: 4500, reason: "" },
  { code: 4501, reason: "" },
  { code: 4999, reason: "" },
  { status: 403, reason: "" },
  { isFinal: true as const, reason: "none of the subprotocols" },
  { status: 400, reason: "" },
]) {
  test(`after ${JSON.stringify(loss)} a device stays away [LIGHT-CLOSE-2]`, () => {
    assert.equal(after(loss).then, "stay-away");
  });
}

const words: readonly (readonly [loss: Loss, words: string])[] = [
  [lost, "the connection broke off"],
  [{ code: 1006, reason: "the ACS is silent for 60 s" }, "the ACS is silent for 60 s"],
  [{ code: 1001, reason: "30" }, "the ACS closes the connection: the ACS stops, or has no room"],
  [{ code: 4321, reason: "odd" }, "the ACS closes the connection: 4321 odd"],
  [{ status: 502, reason: "the ACS refuses" }, "the ACS refuses"],
];

for (const [loss, line] of words) {
  test(`a person reads: ${line}`, () => {
    assert.equal(describeLoss(loss), line);
  });
}
