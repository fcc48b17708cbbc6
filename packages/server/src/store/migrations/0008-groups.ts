import type { Migration } from "./migration.ts";

export const groups: Migration = {
  version: 8,
  name: "groups",
  sql: `
CREATE TABLE device_groups (
  name TEXT NOT NULL PRIMARY KEY,
  description TEXT NOT NULL,
  expression TEXT NOT NULL,
  trusted INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  members INTEGER NOT NULL DEFAULT 0,
  counting TEXT,
  counted_to TEXT NOT NULL DEFAULT '',
  counted INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE group_members (
  group_name TEXT NOT NULL REFERENCES device_groups (name) ON DELETE CASCADE,
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  since INTEGER NOT NULL,
  PRIMARY KEY (group_name, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_device ON group_members (device);

CREATE TABLE group_book (
  name TEXT NOT NULL PRIMARY KEY,
  needed TEXT NOT NULL
) STRICT;

ALTER TABLE devices ADD COLUMN group_facts TEXT NOT NULL DEFAULT '{}';

ALTER TABLE events ADD COLUMN group_name TEXT;
CREATE INDEX events_by_group ON events (group_name, id) WHERE group_name IS NOT NULL;

CREATE TABLE searched (
  fact TEXT NOT NULL,
  value TEXT NOT NULL,
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  PRIMARY KEY (fact, value, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX searched_by_device ON searched (device, fact);
INSERT INTO searched SELECT 'oui', oui, key FROM devices;
INSERT INTO searched SELECT 'productClass', product_class, key FROM devices;
INSERT INTO searched SELECT 'serialNumber', serial_number, key FROM devices;
INSERT INTO searched
  SELECT 'model', CASE product_class WHEN '' THEN oui ELSE oui || '-' || product_class END, key FROM devices;
INSERT INTO searched
  SELECT 'softwareVersion', software_version, key FROM devices WHERE software_version IS NOT NULL;
`,
};
