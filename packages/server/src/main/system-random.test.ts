import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "./system-random.ts";

test("randomness is as long as was asked for, and never comes twice", () => {
  const drawn = Array.from({ length: 2_000 }, () => systemRandom.hex(16));
  assert.equal(new Set(drawn).size, drawn.length);
  for (const text of drawn) assert.match(text, /^(?!0+$)[0-9a-f]{32}$/);
});

test("more than is drawn at once can be asked for", () => {
  for (const bytes of [4_095, 4_096, 4_097, 10_000]) {
    assert.match(systemRandom.hex(bytes), new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
  }
});
