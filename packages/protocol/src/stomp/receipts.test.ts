import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decoded } from "../decoded.ts";
import { NO_RECEIPTS, awaitReceipt, onReceipt, type Receipts } from "./receipts.ts";

const MOST = 3;

function awaited(...ids: readonly string[]): Receipts {
  return ids.reduce((receipts, id) => valueOf(awaitReceipt(receipts, id, MOST)), NO_RECEIPTS);
}

function valueOf<T>(decoded: Decoded<T>): T {
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.problem.detail);
  return decoded.value;
}

function reasonOf(decoded: Decoded<unknown>): string {
  return decoded.ok ? "read" : decoded.problem.reason;
}

test("a receipt says of the frames before that they were received, and not that they were processed [STOMP-RECEIPT-2]", () => {
  const first = valueOf(onReceipt(awaited("a", "b", "c"), "b"));
  assert.deepEqual(first, { receipts: ["a", "c"], received: ["a"] });
  assert.deepEqual(valueOf(onReceipt(first.receipts, "a")), { receipts: ["c"], received: [] });
});

test("a receipt that is not awaited, or not any more, is refused", () => {
  assert.equal(reasonOf(onReceipt(NO_RECEIPTS, "a")), "unknown-id");
  const { receipts } = valueOf(onReceipt(awaited("a"), "a"));
  assert.equal(reasonOf(onReceipt(receipts, "a")), "unknown-id");
});

test("no two receipts of one id are awaited, and no more than the limit [STOMP-RECEIPT-4]", () => {
  assert.equal(reasonOf(awaitReceipt(awaited("a", "b"), "b", MOST)), "id-in-use");
  assert.equal(reasonOf(awaitReceipt(awaited("a", "b", "c"), "d", MOST)), "over-limit");
  const { receipts } = valueOf(onReceipt(awaited("a", "b", "c"), "b"));
  assert.deepEqual(valueOf(awaitReceipt(receipts, "b", MOST)), ["a", "c", "b"]);
});
