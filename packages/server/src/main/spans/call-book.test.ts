import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBook } from "./call-book.ts";

const RECORDED = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const NOT_RECORDED = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;

test("only operations whose span is recorded are known", () => {
  const book = new CallBook();
  book.noteOperation("one", RECORDED);
  book.noteOperation("other", NOT_RECORDED);
  assert.equal(book.ofOperation("one"), RECORDED);
  assert.equal(book.ofOperation("other"), undefined);
  assert.equal(book.ofCall("c"), undefined);
});

test("of more operations than there is room for the oldest are forgotten", () => {
  const book = new CallBook();
  for (let index = 0; index <= 10_000; index += 1) book.noteOperation(`${index}`, RECORDED);
  assert.equal(book.ofOperation("0"), undefined);
  assert.equal(book.ofOperation("1"), RECORDED);
  assert.equal(book.ofOperation("10000"), RECORDED);
});
