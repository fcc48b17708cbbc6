import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRequirement } from "./requirement.ts";
import { describeSkips, skippedTooMuch } from "./skips.ts";

const TOOL = "needs xmllint on PATH";
const DATA = "needs HELIOGRAPH_TEST_DATA";

test("where nothing is required, every skip is allowed and still said", () => {
  const skips = new Map([
    [TOOL, 2],
    [DATA, 7],
  ]);
  assert.equal(skippedTooMuch(skips, "nothing"), false);
  assert.deepEqual(describeSkips(skips, "nothing"), [`skipped 7: ${DATA}`, `skipped 2: ${TOOL}`]);
});

test("where tools are required, only a skip for want of test data is allowed", () => {
  assert.equal(skippedTooMuch(new Map([[DATA, 7]]), "tools"), false);
  assert.equal(
    skippedTooMuch(
      new Map([
        [DATA, 7],
        [TOOL, 1],
      ]),
      "tools",
    ),
    true,
  );
});

test("where all is required, no skip is allowed, and each says so", () => {
  assert.equal(skippedTooMuch(new Map(), "all"), false);
  assert.equal(skippedTooMuch(new Map([[DATA, 1]]), "all"), true);
  assert.deepEqual(describeSkips(new Map([[DATA, 1]]), "all"), [
    `skipped 1: ${DATA}, refused by HELIOGRAPH_REQUIRE=all`,
  ]);
});

test("a requirement is one of the known words, or absent", () => {
  assert.equal(parseRequirement(undefined), "nothing");
  assert.equal(parseRequirement("all"), "all");
  assert.equal(parseRequirement("some"), undefined);
});
