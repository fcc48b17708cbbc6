import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBody } from "./json-body.ts";

test("names such as __proto__ are data", () => {
  const read = parseBody('{"__proto__": {"a": 1}}', 5);
  assert.ok("body" in read);
  assert.deepEqual(Object.entries(read.body ?? {}), [["__proto__", { a: 1 }]]);
});

test("nothing at all is no body", () => {
  assert.deepEqual(parseBody(" \r\n", 5), { body: undefined });
});

test("brackets count where they nest, not in texts nor side by side", () => {
  assert.deepEqual(parseBody('["[[[[", "\\"[[[[", [], []]', 2), {
    body: ["[[[[", '"[[[[', [], []],
  });
  assert.ok("refused" in parseBody("[[[]]]", 2));
  assert.ok("refused" in parseBody('{"a": {"b": []}}', 2));
});

test("what is no JSON is refused with what is wrong", () => {
  const read = parseBody("{name: 1}", 5);
  assert.ok("refused" in read);
  assert.equal(read.refused, "not-json");
});
