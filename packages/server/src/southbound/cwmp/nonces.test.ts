import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../main/system-random.ts";
import { NONCE_LIFE_MS, nonces } from "./nonces.ts";
import type { Nonces } from "./nonces.ts";

const now = 1_800_000_000_000;

test("a nonce can be answered for its life, and neither before nor after", () => {
  const own = nonces(systemRandom);
  const nonce = own.make(now);
  assert.equal(own.spend({ nonce, response: "01" }, now), true);
  assert.equal(own.spend({ nonce, response: "02" }, now + NONCE_LIFE_MS), true);
  assert.equal(own.spend({ nonce, response: "03" }, now + NONCE_LIFE_MS + 1), false);
});

test("a nonce from the time that is to come, which a clock that jumped back makes, is not fresh", () => {
  const own = nonces(systemRandom);
  const nonce = own.make(now);
  assert.equal(own.spend({ nonce, response: "01" }, now - 1), false);
  assert.equal(own.spend({ nonce: own.make(now - 1), response: "02" }, now - 1), true);
});

test("no two nonces are the same, though made at the same time", () => {
  const own = nonces(systemRandom);
  assert.notEqual(own.make(now), own.make(now));
});

test("a nonce of another process, or a changed one, is not fresh", () => {
  const own = nonces(systemRandom);
  const nonce = own.make(now);
  assert.equal(nonces(systemRandom).spend({ nonce, response: "01" }, now), false);
  const later = (now + 1).toString(16).padStart(12, "0") + nonce.slice(12);
  for (const garbage of [
    later,
    "",
    "0",
    nonce.slice(1),
    `${nonce}0`,
    nonce.toUpperCase().replace(/[A-F]/, "G"),
  ]) {
    assert.equal(own.spend({ nonce: garbage, response: "01" }, now + 1), false);
  }
  assert.equal(own.spend({ nonce, response: "01" }, now), true, "what was refused is not spent");
});

test("the same answer is good once, another one to the same nonce is good, too", () => {
  const own = nonces(systemRandom);
  const nonce = own.make(now);
  assert.equal(own.spend({ nonce, response: "0a" }, now), true);
  assert.equal(own.spend({ nonce, response: "0a" }, now), false);
  assert.equal(own.spend({ nonce, response: "0A" }, now), false);
  assert.equal(own.spend({ nonce, response: "0b" }, now), true);
});

test("an answer is good once through all of its nonce's life", () => {
  for (const made of [now, now + 1, now + NONCE_LIFE_MS / 2, now + NONCE_LIFE_MS]) {
    const own = nonces(systemRandom);
    own.make(now);
    const answer = { nonce: own.make(made), response: "0a" };
    assert.equal(own.spend(answer, made), true);
    for (let at = made; at <= made + 2 * NONCE_LIFE_MS; at += NONCE_LIFE_MS / 10) {
      own.make(at);
      assert.equal(own.spend(answer, at), false, `${at - made} ms after it was made`);
    }
  }
});

test("a nonce that is not answered at once is good for its life, whatever else is answered meanwhile", () => {
  const own = nonces(systemRandom, { mostSpent: 100 });
  own.make(now);
  const nonce = own.make(now + NONCE_LIFE_MS);
  own.make(now + NONCE_LIFE_MS + 1);
  assert.equal(own.spend({ nonce, response: "0a" }, now + 2 * NONCE_LIFE_MS), true);
});

test("where more answers come than can be remembered, the nonces of what is forgotten are stale, not good again", () => {
  const own = nonces(systemRandom, { mostSpent: 3 });
  const nonce = own.make(now);
  const answer = { nonce, response: "0a" };
  assert.equal(own.spend(answer, now), true);
  spendMany(own, 3);
  assert.equal(own.spend(answer, now), false, "remembered");
  assert.equal(own.spend({ nonce, response: "0b" }, now), true);
  spendMany(own, 3);
  assert.equal(own.spend(answer, now), false, "forgotten");
  assert.equal(own.spend({ nonce, response: "0c" }, now), false);
  assert.equal(own.spend({ nonce: own.make(now), response: "0d" }, now), true);
});

/** Answers so many nonces that are made for it. */
function spendMany(own: Nonces, count: number): void {
  for (let each = 0; each < count; each += 1) {
    const response = systemRandom.hex(16);
    assert.equal(own.spend({ nonce: own.make(now), response }, now), true);
  }
}
