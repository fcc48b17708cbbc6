import assert from "node:assert/strict";
import { test } from "node:test";
import { chance } from "./chance.ts";

test("the same names draw the same, other names draw otherwise", () => {
  const drawn = (...names: readonly (string | number)[]): string => chance(...names).hex(16);
  assert.equal(drawn(1, "device", 7), drawn(1, "device", 7));
  const all = new Set(Array.from({ length: 1_000 }, (_, index) => drawn(1, "device", index)));
  assert.equal(all.size, 1_000);
});

test("a part's chance is the same whenever it is asked for", () => {
  const whole = chance("whole");
  const first = whole.of("part", 1).hex(8);
  whole.hex(100);
  assert.equal(whole.of("part", 1).hex(8), first);
  assert.notEqual(whole.of("part", 2).hex(8), first);
});

test("a share happens about as often as it says, over neighbouring devices, too", () => {
  const happened = Array.from({ length: 10_000 }, (_, index) => chance(1, index).happens(0.2)).filter(
    Boolean,
  );
  assert.ok(happened.length > 1_800 && happened.length < 2_200, String(happened.length));
});

test("every item and every whole number of a range is drawn", () => {
  const drawn = chance("range");
  const picked = new Set(Array.from({ length: 100 }, () => drawn.pick(["a", "b", "c"])));
  const numbers = new Set(Array.from({ length: 100 }, () => drawn.integer(3, 5)));
  assert.deepEqual([...picked].toSorted(), ["a", "b", "c"]);
  assert.deepEqual([...numbers].toSorted(), [3, 4, 5]);
});
