import type { Migration } from "./migration.ts";

export const backups: Migration = {
  version: 7,
  name: "backups",
  sql: `
CREATE TABLE backup_plans (
  id TEXT NOT NULL PRIMARY KEY,
  device TEXT REFERENCES devices (key) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX backup_plans_by_device ON backup_plans (device);

CREATE TABLE backup_turns (
  plan TEXT NOT NULL REFERENCES backup_plans (id) ON DELETE CASCADE,
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  next_at INTEGER NOT NULL,
  operation TEXT,
  failed INTEGER NOT NULL DEFAULT 0,
  last TEXT,
  PRIMARY KEY (plan, device)
) STRICT;
CREATE INDEX backup_turns_by_device ON backup_turns (device);
CREATE INDEX backup_turns_due ON backup_turns (next_at) WHERE operation IS NULL;
CREATE INDEX backup_turns_begun ON backup_turns (operation) WHERE operation IS NOT NULL;

CREATE TABLE backups (
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  file TEXT NOT NULL,
  taken_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  unchanged INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (device, file)
) STRICT;

CREATE TABLE dropped_files (
  file TEXT NOT NULL PRIMARY KEY
) STRICT;
`,
};
