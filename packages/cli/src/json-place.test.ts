import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf } from "./json-place.ts";

const text = `{
  "models": [
    { "model": { "oui": "00D09E, ]" }, "set": {} },
    {
      "model": {
        "oui": "001122"
      },
      "set": {
        "digest": "md5-only",
        "dance": "yes"
      }
    }
  ],
  "version": 7
}
`;

for (const [path, line] of [
  ["$", 1],
  ["$.version", 14],
  ["$.models", 2],
  ["$.models[0].model.oui", 3],
  ["$.models[1]", 4],
  ["$.models[1].model.oui", 6],
  ["$.models[1].set.dance", 10],
  ["$.models[1].set.nothing", 8],
  ["$.models[9].set", 2],
  ["$.version.nothing", 14],
] as const) {
  test(`${path} stands in line ${line}`, () => {
    assert.equal(lineOf(text, path), line);
  });
}
