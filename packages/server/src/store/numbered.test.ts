import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "./numbered.ts";

const statements = [
  ["SELECT 1", "SELECT 1", []],
  ["a = :a AND b = :b", "a = $1 AND b = $2", ["a", "b"]],
  ["a = :a AND b > :b AND c = :a", "a = $1 AND b > $2 AND c = $1", ["a", "b"]],
  ["a LIKE :word0 ESCAPE '\\' AND b = ':none'", "a LIKE $1 ESCAPE '\\' AND b = ':none'", ["word0"]],
  ["CAST(:a AS TEXT), b::int", "CAST($1 AS TEXT), b::int", ["a"]],
] as const;
for (const [sql, text, names] of statements) {
  test(`values by name become values by number: ${sql}`, () => {
    assert.deepEqual(numbered(sql, "$"), { text, names });
    assert.deepEqual(numbered(sql, "?"), { text: text.replaceAll("$", "?"), names });
  });
}
