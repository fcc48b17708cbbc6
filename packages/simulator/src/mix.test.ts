import assert from "node:assert/strict";
import { test } from "node:test";
import { spoken, spokenBy, type Mix } from "./mix.ts";

function counted(mix: Mix, first: number, count: number): Mix {
  const counts: Record<string, number> = {};
  for (let index = first; index < first + count; index += 1) {
    const each = spokenBy(mix, index);
    counts[each] = (counts[each] ?? 0) + 1;
  }
  return counts;
}

const mixes: readonly (readonly [stretch: number, mix: Mix])[] = [
  [20, { classic: 20 }],
  [20, { "cwmp.json": 5, classic: 15 }],
  [20, { "cwmp.soap": 20 }],
  [8, { "cwmp.json": 4, "cwmp.soap": 1, "v12.stomp": 1, classic: 2 }],
];

for (const [stretch, mix] of mixes) {
  test(`of any ${stretch} devices so many speak what: ${JSON.stringify(mix)}`, () => {
    for (let first = 0; first < 10 * stretch; first += stretch) {
      assert.deepEqual(counted(mix, first, stretch), mix);
    }
  });
}

test("shares count by their proportion", () => {
  assert.deepEqual(counted({ "cwmp.soap": 0.5, classic: 1.5 }, 0, 100), { "cwmp.soap": 25, classic: 75 });
});

test("a mix without any share is none", () => {
  assert.throws(() => spokenBy({}, 0), /nobody has a share/);
  assert.equal(spoken.at(-1), "classic");
});
