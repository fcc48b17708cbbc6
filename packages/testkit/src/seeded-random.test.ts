import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./seeded-random.ts";

test("the seed is printed, and gives the same run again", () => {
  const printed: string[] = [];
  const first = seededRandom((line) => printed.push(line));
  assert.deepEqual(printed, [`HELIOGRAPH_SEED=${first.seed}`]);
  const again = seededRandom(() => undefined, first.seed);
  const draw = (random: typeof first): readonly unknown[] => [
    random.fraction(),
    random.hex(4),
    random.integer(1, 6),
  ];
  assert.deepEqual(draw(first), draw(again));
  assert.notDeepEqual(draw(first), draw(seededRandom(() => undefined, first.seed + 1)));
});

test("numbers are spread over the whole range", () => {
  const random = seededRandom(() => undefined, 1);
  const thrown = Array.from({ length: 6_000 }, () => random.integer(1, 6));
  for (const face of [1, 2, 3, 4, 5, 6]) {
    const times = thrown.filter((each) => each === face).length;
    assert.ok(times > 850 && times < 1_150, `${face} came ${times} times`);
  }
  assert.match(random.hex(8), /^[0-9a-f]{16}$/);
});
