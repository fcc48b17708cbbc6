import assert from "node:assert/strict";
import { test } from "node:test";
import { anAudit } from "../ports/store-suite/store.fixture.ts";
import { commitBatch } from "./batch.ts";
import { readDocument, writeDocument, type Document } from "./document.ts";
import { migrate } from "./migrations/migrate.ts";
import { text } from "./row.ts";
import { SqliteConnection } from "./sqlite-database.ts";
import type { AskedChange } from "./written-change.ts";

test("one change that fails is undone, those around it are kept", () => {
  using db = database("ABORT");
  const settled = commitBatch(db, [record("one"), record("poison"), record("two")]);
  assert.deepEqual(settled.map(told), ["held", "failed: poisoned", "held"]);
  assert.deepEqual(actions(db), ["one", "two"]);
  assert.equal(db.isInTransaction, false);
});

test("where a change takes the whole transaction with it, all others are made again, each by itself", () => {
  using db = database("ROLLBACK");
  const settled = commitBatch(db, [record("one"), record("poison"), record("two")]);
  assert.deepEqual(settled.map(told), ["held", "failed: poisoned", "held"]);
  assert.deepEqual(actions(db), ["one", "two"]);
  assert.equal(db.isInTransaction, false);
});

test("where the commit itself fails, the change that made it fail fails alone", () => {
  using db = database("ABORT");
  // A constraint that is looked at only when the transaction commits.
  db.execute(`
    CREATE TABLE promised (id INTEGER PRIMARY KEY);
    CREATE TABLE owed (id INTEGER REFERENCES promised (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER owe AFTER INSERT ON audit WHEN NEW.action = 'debt' BEGIN INSERT INTO owed VALUES (1); END;
  `);
  const settled = commitBatch(db, [record("one"), record("debt"), record("two")]);
  assert.deepEqual(settled.map(told), ["held", "failed: FOREIGN KEY constraint failed", "held"]);
  assert.deepEqual(actions(db), ["one", "two"]);
});

function record(action: string): AskedChange {
  return { type: "record-audit", change: writeDocument({ audit: anAudit(action) }) };
}

function told(settled: ReturnType<typeof commitBatch>[number]): string {
  if ("failure" in settled) return `${settled.failure.kind}: ${settled.failure.message}`;
  const { held } = readDocument(settled.result as Document<{ readonly held: boolean }>);
  return held ? "held" : "refused";
}

function actions(db: SqliteConnection): readonly string[] {
  return db.all("SELECT action FROM audit ORDER BY id").map((row) => text(row, "action"));
}

/** A database that refuses the action `poison` in that way. */
function database(refusal: "ABORT" | "ROLLBACK"): SqliteConnection & Disposable {
  const db = new SqliteConnection(":memory:", { readOnly: false, busyTimeoutMs: 0 });
  migrate(db);
  db.execute(`
    CREATE TRIGGER poison BEFORE INSERT ON audit WHEN NEW.action = 'poison'
    BEGIN SELECT RAISE(${refusal}, 'poisoned'); END;
  `);
  return Object.assign(db, { [Symbol.dispose]: () => db.close() });
}
