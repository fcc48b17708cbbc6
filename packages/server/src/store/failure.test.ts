import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { StoreBusyError, StoreFailedError, StoreFullError } from "../ports/index.ts";
import { commitBatch } from "./batch.ts";
import { writeDocument } from "./document.ts";
import { errorOf, failureOf, openingTrouble } from "./failure.ts";
import { openWriter } from "./open-writer.ts";
import type { AskedChange } from "./written-change.ts";

/** As SQLite's own errors carry their result code. */
function failed(errcode: number, message = "m"): Error {
  return Object.assign(new Error(message), { errcode });
}

const meanings = [
  [5, StoreBusyError],
  [261, StoreBusyError],
  [8, StoreFullError],
  [13, StoreFullError],
  [778, StoreFullError],
  [266, StoreFailedError],
  [522, StoreFailedError],
  [11, StoreFailedError],
] as const;
for (const [code, meaning] of meanings) {
  test(`SQLite's result code ${code} is a ${meaning.name}`, () => {
    assert.ok(errorOf(failureOf(failed(code))) instanceof meaning);
  });
}

test("what is no error of SQLite is a failure with its own message", () => {
  for (const thrown of [new Error("m"), "m"])
    assert.deepEqual(failureOf(thrown), { kind: "failed", message: "m" });
});

test("a disk that is full and one that cannot be written are told apart", () => {
  assert.match(errorOf(failureOf(failed(13))).message, /is full/);
  assert.match(
    errorOf(failureOf(failed(8, "attempt to write"))).message,
    /cannot be written [(]attempt to write[)]/,
  );
  assert.match(openingTrouble(failed(26)), /damaged/);
  assert.match(openingTrouble(failed(14)), /cannot be written/);
});

test("a lock that somebody else holds is waited for once, for all changes that wait together", () => {
  using directory = tempDir();
  const path = directory.file("store.db");
  const db = openWriter({ path, busyTimeoutMs: 100 });
  const holder = new DatabaseSync(path);
  try {
    holder.exec("BEGIN IMMEDIATE");
    const change: AskedChange = { type: "move-relay", change: writeDocument({ position: 1 }) };
    const started = performance.now();
    const settled = commitBatch(
      db,
      Array.from({ length: 100 }, () => change),
    );
    assert.ok(performance.now() - started < 100 * 50, "it was waited for again and again");
    assert.equal(settled.length, 100);
    for (const each of settled) assert.ok("failure" in each && each.failure.kind === "busy");
    holder.exec("ROLLBACK");
    assert.ok(commitBatch(db, [change]).every((each) => "result" in each));
  } finally {
    holder.close();
    db.close();
  }
});
