import assert from "node:assert/strict";
import { test } from "node:test";
import { text } from "../row.ts";
import { SqliteDatabase } from "../sqlite-database.ts";
import { migrate, migrations } from "./migrate.ts";
import type { Migration } from "./migration.ts";

const one: Migration = {
  version: 1,
  name: "one",
  sql: "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)",
};
const two: Migration = { version: 2, name: "two", sql: "CREATE TABLE b (x INTEGER)" };
const broken: Migration = {
  version: 2,
  name: "broken",
  sql: "CREATE TABLE b (x INTEGER); CREATE TABLE a (y TEXT)",
};

test("the versions of the schema have no gaps", () => {
  assert.deepEqual(
    migrations.map(({ version }) => version),
    migrations.map((_, index) => index + 1),
  );
});

test("each step runs once, and later ones follow", () => {
  using db = database();
  migrate(db, [one]);
  migrate(db, [one]);
  migrate(db, [one, two]);
  assert.deepEqual(tables(db), ["a", "b", "migrations"]);
  assert.equal(db.all("SELECT * FROM a").length, 1);
});

test("a step that fails leaves nothing, and those before it stay", () => {
  using db = database();
  migrate(db, [one]);
  assert.throws(() => migrate(db, [one, broken]), /already exists/);
  assert.equal(db.isInTransaction, false);
  assert.deepEqual(tables(db), ["a", "migrations"]);
  migrate(db, [one, two]);
  assert.deepEqual(tables(db), ["a", "b", "migrations"]);
});

test("a schema from a later program is left alone", () => {
  using db = database();
  migrate(db, [one, two]);
  assert.throws(() => migrate(db, [one]), /at schema version 2, this program knows 1/);
});

function tables(db: SqliteDatabase): readonly string[] {
  const rows = db.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  return rows.map((row) => text(row, "name"));
}

function database(): SqliteDatabase & Disposable {
  const db = new SqliteDatabase(":memory:", { readOnly: false, busyTimeoutMs: 0 });
  return Object.assign(db, { [Symbol.dispose]: () => db.close() });
}
