import assert from "node:assert/strict";
import { test } from "node:test";
import { passwords } from "./password.ts";

const SALT = "00112233445566778899aabbccddeeff";

test("a password is known by what was kept of it, and nothing else is [GRANTS-USER-3]", async () => {
  const { hash, isRight } = passwords();
  const kept = await hash("correct horse battery", SALT);
  assert.match(kept, new RegExp(`^${SALT}\\.[0-9a-f]{64}$`));
  assert.notEqual(await hash("correct horse battery", "ff".repeat(16)), kept.replace(SALT, "ff".repeat(16)));
  assert.equal(await isRight("correct horse battery", kept), true);
  assert.equal(await isRight("correct horse batter", kept), false);
  assert.equal(await isRight("correct horse battery", undefined), false);
});

test("a password is the same however its letters were put together", async () => {
  const { hash, isRight } = passwords();
  assert.equal(await isRight("e\u0301toile filante", await hash("\u00e9toile filante", SALT)), true);
});

test("many who ask at once are answered one after the other, each rightly", async () => {
  const { hash, isRight } = passwords();
  const kept = await hash("correct horse battery", SALT);
  const asked = ["correct horse battery", "wrong", "correct horse battery", "wrong", "wrong"];
  const answers = await Promise.all(asked.map((password) => isRight(password, kept)));
  assert.deepEqual(answers, [true, false, true, false, false]);
});
