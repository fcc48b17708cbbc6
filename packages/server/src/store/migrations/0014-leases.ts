import type { Migration } from "./migration.ts";

export const leases: Migration = {
  version: 14,
  name: "leases",
  sql: `
CREATE TABLE leases (
  device TEXT NOT NULL PRIMARY KEY REFERENCES devices (key) ON DELETE CASCADE,
  holder TEXT NOT NULL,
  reason TEXT NOT NULL,
  taken_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT;
CREATE INDEX leases_by_end ON leases (ends_at);
CREATE INDEX leases_by_holder ON leases (holder);
`,
};
