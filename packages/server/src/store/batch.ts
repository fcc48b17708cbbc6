import type { ChangeType, ResultOf } from "../ports/index.ts";
import { makeChange } from "./changes/changes.ts";
import { writeDocument, type Document } from "./document.ts";
import { failureOf, type Failure } from "./failure.ts";
import type { SqliteConnection } from "./sqlite-database.ts";
import { readChange, type AskedChange } from "./written-change.ts";

/** How one change ended: its result, on disk, or why it was not made. */
export type Settled = { readonly result: Document<ResultOf<ChangeType>> } | { readonly failure: Failure };

/**
 * Makes the changes in order, in one transaction. Where one of them fails, all are made again, each in a savepoint of its own,
 * so that the one leaves no trace and the others stand. Where the transaction itself is lost, each is made again in a
 * transaction of its own; not where another program held the lock, which was waited for as long as for all of them together.
 */
export function commitBatch(db: SqliteConnection, changes: readonly AskedChange[]): readonly Settled[] {
  try {
    return inTransaction(db, () => changes.map((asked) => make(db, asked)));
  } catch (error) {
    const failure = failureOf(error);
    if (changes.length === 1 || failure.kind === "busy") return changes.map(() => ({ failure }));
    return commitApart(db, changes);
  }
}

function commitApart(db: SqliteConnection, changes: readonly AskedChange[]): readonly Settled[] {
  try {
    return inTransaction(db, () => changes.map((asked) => inSavepoint(db, asked)));
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === "busy") return changes.map(() => ({ failure }));
    return changes.flatMap((asked) => commitBatch(db, [asked]));
  }
}

function inTransaction<T>(db: SqliteConnection, body: () => T): T {
  db.run("BEGIN IMMEDIATE");
  try {
    const value = body();
    db.run("COMMIT");
    return value;
  } catch (error) {
    // A full disk makes SQLite roll back by itself; then there is nothing left to take back.
    if (db.isInTransaction) db.run("ROLLBACK");
    throw error;
  }
}

function inSavepoint(db: SqliteConnection, asked: AskedChange): Settled {
  db.run("SAVEPOINT change");
  try {
    const made = make(db, asked);
    db.run("RELEASE change");
    return made;
  } catch (error) {
    if (!db.isInTransaction) throw error;
    db.run("ROLLBACK TO change");
    db.run("RELEASE change");
    return { failure: failureOf(error) };
  }
}

function make(db: SqliteConnection, asked: AskedChange): Settled {
  return { result: writeDocument(makeChange(db, asked.type, readChange(asked))) };
}
