import assert from "node:assert/strict";
import { test } from "node:test";
import { Returns } from "./returns.ts";

test("a fleet is back once each of it was lost and is in again", async () => {
  const returns = new Returns(2);
  const [first, second] = [{}, {}];
  for (const guest of [first, second]) returns.isIn(guest);
  returns.begin();
  returns.lost(first, 1001);
  returns.isIn(first);
  returns.lost(second, 1001);
  returns.lost(second, 503);
  returns.lost(first, 1006);
  returns.isIn(second);
  returns.isIn(first);
  const { seconds, peak, losses } = await returns.all();
  assert.equal(seconds.length, 2);
  assert.ok(seconds.every((passed) => passed >= 0 && passed < 1));
  // Whoever is refused knocks, too.
  assert.equal(peak, 4);
  assert.deepEqual(
    losses,
    new Map([
      [1001, 2],
      [503, 1],
      [1006, 1],
    ]),
  );
});
