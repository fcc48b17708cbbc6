import assert from "node:assert/strict";
import { test } from "node:test";
import { at, enrolment, keyOf } from "../../ports/store-suite/store.fixture.ts";
import { makeChange } from "../changes/changes.ts";
import { findDevice } from "../device-rows.ts";
import { findOpenOperations } from "../operation-rows.ts";
import { text } from "../row.ts";
import { SqliteConnection } from "../sqlite-database.ts";
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

test("what the first schema kept is read by the newest: devices are classic, and operations write", () => {
  using db = database();
  migrate(db, migrations.slice(0, 1));
  db.execute(FIRST_DATA);
  migrate(db);
  const device = findDevice(db, keyOf("1"));
  assert.equal(
    device?.credentialVersion,
    1_800_000_000_000,
    "so that a device that enrols anew gets a newer one",
  );
  assert.equal(device.light, undefined);
  assert.equal(device.claim, undefined);
  assert.deepEqual(device.connection, {
    id: "c1",
    transport: "classic",
    gateway: "g1",
    engine: "e1",
    openedAt: 1_800_000_001_000,
  });
  const [operation] = findOpenOperations(db, keyOf("1"));
  assert.equal(operation?.reads, false, "what nobody looked at runs alone");
  assert.deepEqual(operation.rpcs, [{ method: "GetRPCMethods", params: {} }]);
  assert.deepEqual(makeChange(db, "enrol-device", enrolment("1", { at: at(-60) })), {
    type: "enrolled",
    device: findDevice(db, keyOf("1")),
  });
  assert.equal(findDevice(db, keyOf("1"))?.credentialVersion, 1_800_000_000_001);
});

/** A device with a session and an operation, as the first release of the schema kept them. */
const FIRST_DATA = `
INSERT INTO devices (key, manufacturer, oui, product_class, serial_number, approval, enrolled_at, enrolled_by, address,
  generation, connection_id, connection_gateway, connection_engine, connection_opened_at, connection_closed,
  wake_attempts, credentials, tags, search)
VALUES ('00D09E-Box-1', 'Acme', '00D09E', 'Box', '1', 'approved', 1800000000000, 'open-enrolment', '192.0.2.1',
  4, 'c1', 'g1', 'e1', 1800000001000, 0, 0, 'confirmed', '[]', '');
INSERT INTO operations (id, device, state, rpcs, attempts, manager, created_at, expires_at, request_hash)
VALUES ('0000000000000000000000000000000a', '00D09E-Box-1', 'queued', '[{"method":"GetRPCMethods","params":{}}]', 0,
  'admin', 1800000002000, 1800000003000, '00');
`;

function tables(db: SqliteConnection): readonly string[] {
  const rows = db.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  return rows.map((row) => text(row, "name"));
}

function database(): SqliteConnection & Disposable {
  const db = new SqliteConnection(":memory:", { readOnly: false, busyTimeoutMs: 0 });
  return Object.assign(db, { [Symbol.dispose]: () => db.close() });
}
