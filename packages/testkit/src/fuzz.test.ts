import assert from "node:assert/strict";
import { test } from "node:test";
import { FuzzError, fuzz, type FuzzTarget } from "./fuzz.ts";
import { growsLinearly, GrowthError } from "./fuzz-growth.ts";
import { nextInput } from "./fuzz-mutation.ts";
import { seededRandom } from "./seeded-random.ts";

const silent = { diagnostic: () => undefined };

function targetOf(judge: FuzzTarget["judge"]): FuzzTarget {
  return { seeds: ["<a>one</a>", "<b/>"], tokens: ["<", ">", "&#0;"], judge };
}

function refuseNul(input: string): void {
  assert.ok(!input.includes("&#0;"), "it holds a NUL");
}

test("an input that fails is told with its seed, and is as small as it still fails", async () => {
  const told = await fuzz(silent, targetOf(refuseNul)).catch((error: unknown) => error);
  assert.ok(told instanceof FuzzError);
  assert.equal(told.input, "&#0;");
  assert.match(told.message, /^run \d+ of HELIOGRAPH_SEED=1 fails, .*"&#0;": it holds a NUL$/);
});

test("a judge may take its time", async () => {
  const judge = async (input: string): Promise<void> => Promise.resolve().then(() => refuseNul(input));
  await assert.rejects(fuzz(silent, targetOf(judge)), FuzzError);
});

test("every run has the inputs of the fixed seed, and others of a seed that it prints", async () => {
  const heard: string[][] = [[], []];
  const printed: string[] = [];
  for (const [index, inputs] of heard.entries()) {
    const report = { diagnostic: (line: string) => void printed.push(line) };
    const target = { ...targetOf((input) => inputs.push(input)), runs: 50 };
    await fuzz(report, target, { seed: index + 2, seconds: 0 });
  }
  const [first = [], second = []] = heard;
  assert.deepEqual(first.slice(0, 50), second.slice(0, 50));
  assert.notDeepEqual(first.slice(50), second.slice(50));
  assert.equal(first.length, 100);
  assert.deepEqual(printed, ["HELIOGRAPH_SEED=2", "HELIOGRAPH_SEED=3"]);
});

test("sound inputs come first, unchanged; the rest are changed in every way, and none is too long", () => {
  const random = seededRandom(() => undefined, 1);
  const material = { seeds: ["abcdefghij"], tokens: ["<", "&#0;"], maxChars: 60 };
  const inputs = Array.from({ length: 2_000 }, () => nextInput(random, material));
  assert.ok(inputs.every(({ length }) => length <= 60));
  const among = (what: string, is: (input: string) => boolean): void => {
    assert.ok(inputs.filter(is).length > 20, `hardly any input is ${what}`);
  };
  among("cut short", (input) => input !== "" && "abcdefghij".startsWith(input));
  among("with a token in it", (input) => input.includes("&#0;"));
  among("with a piece doubled", (input) => /(..)\1/.test(input));
  among("of tokens alone", (input) => /^(?:<|&#0;)+$/.test(input));
  among("as long as it may be", (input) => input.length === 60);
});

test("a reader whose time grows by the square is found, one whose time grows in proportion is not", () => {
  const tokens = ["a", ",", " "];
  const spaces = /\s+$/;
  growsLinearly({ tokens, read: (input) => input.split(",").map((part) => part.trim()) });
  assert.throws(() => {
    growsLinearly({ tokens, frames: [["", "x"]], read: (input) => spaces.test(input) });
  }, GrowthError);
});
