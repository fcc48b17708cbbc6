import assert from "node:assert/strict";
import { test } from "node:test";
import { readRange } from "./byte-range.ts";

const asked: readonly (readonly [string, ReturnType<typeof readRange>])[] = [
  ["bytes=0-4", { from: 0, to: 5 }],
  ["bytes=4-", { from: 4, to: 10 }],
  ["bytes=-3", { from: 7, to: 10 }],
  ["bytes=-30", { from: 0, to: 10 }],
  ["bytes=8-30", { from: 8, to: 10 }],
  ["Bytes= 9-9", { from: 9, to: 10 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
];

for (const [header, span] of asked) {
  test(`of ten bytes ${header} are asked for`, () => {
    assert.deepEqual(readRange(header, 10), span);
  });
}

test("of an empty file there is no part", () => {
  assert.equal(readRange("bytes=0-", 0), "unsatisfiable");
  assert.equal(readRange("bytes=-1", 0), "unsatisfiable");
});

test("what cannot be read as one range asks for the whole", () => {
  const bomb = `bytes=${"0-,".repeat(5_000)}0-`;
  for (const header of [
    undefined,
    "",
    "bytes=",
    "bytes=-",
    "bytes=4-2",
    "lines=1-2",
    "bytes=0-1,3-4",
    bomb,
  ]) {
    assert.equal(readRange(header, 10), "whole");
  }
});
