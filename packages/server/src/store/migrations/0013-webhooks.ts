import type { Migration } from "./migration.ts";

export const webhooks: Migration = {
  version: 13,
  name: "webhooks",
  sql: `
CREATE TABLE webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  position INTEGER NOT NULL,
  failing TEXT,
  document TEXT NOT NULL
) STRICT;

CREATE TABLE dead_letters (
  webhook TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  again INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (webhook, first)
) STRICT, WITHOUT ROWID;
`,
};
