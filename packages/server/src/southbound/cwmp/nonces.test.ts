import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../main/system-random.ts";
import { NONCE_LIFE_MS, nonces } from "./nonces.ts";

const now = 1_800_000_000_000;

test("a nonce is fresh for its life, and neither before nor after", () => {
  const made = nonces(systemRandom);
  const nonce = made.make(now);
  assert.equal(made.isFresh(nonce, now), true);
  assert.equal(made.isFresh(nonce, now + NONCE_LIFE_MS), true);
  assert.equal(made.isFresh(nonce, now + NONCE_LIFE_MS + 1), false);
  assert.equal(made.isFresh(nonce, now - 1), false);
});

test("no two nonces are the same, though made at the same time", () => {
  const own = nonces(systemRandom);
  assert.notEqual(own.make(now), own.make(now));
});

test("a nonce of another process, or a changed one, is not fresh", () => {
  const own = nonces(systemRandom);
  const nonce = own.make(now);
  assert.equal(nonces(systemRandom).isFresh(nonce, now), false);
  const later = (now + 1).toString(16).padStart(12, "0") + nonce.slice(12);
  assert.equal(own.isFresh(later, now + 1), false);
  for (const garbage of ["", "0", nonce.slice(1), `${nonce}0`, nonce.toUpperCase().replace(/[A-F]/, "G")]) {
    assert.equal(own.isFresh(garbage, now), false);
  }
});
