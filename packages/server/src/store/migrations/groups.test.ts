import assert from "node:assert/strict";
import { test } from "node:test";
import { SqliteConnection } from "../sqlite-database.ts";
import { migrate, migrations } from "./migrate.ts";

test("devices that were there before are found by what they are", () => {
  const db = new SqliteConnection(":memory:", { readOnly: false, busyTimeoutMs: 0 });
  migrate(
    db,
    migrations.filter(({ version }) => version < 8),
  );
  db.execute(`
    INSERT INTO devices (key, manufacturer, oui, product_class, serial_number, approval, enrolled_at, enrolled_by,
      address, generation, connection_closed, wake_attempts, credentials, tags, search, software_version)
    VALUES ('A-B-1', 'Acme', 'A', 'B', '1', 'approved', 0, 'certificate', '', 0, 1, 0, 'none', '[]', '', '2.1'),
      ('A-2', 'Acme', 'A', '', '2', 'approved', 0, 'certificate', '', 0, 1, 0, 'none', '[]', '', NULL)`);
  migrate(db);
  const rows = db.all("SELECT device, fact, value FROM searched ORDER BY device DESC, fact");
  assert.deepEqual(
    rows.map(({ device, fact, value }) => [device, fact, value]),
    [
      ["A-B-1", "model", "A-B"],
      ["A-B-1", "oui", "A"],
      ["A-B-1", "productClass", "B"],
      ["A-B-1", "serialNumber", "1"],
      ["A-B-1", "softwareVersion", "2.1"],
      ["A-2", "model", "A"],
      ["A-2", "oui", "A"],
      ["A-2", "productClass", ""],
      ["A-2", "serialNumber", "2"],
    ],
  );
  db.close();
});
