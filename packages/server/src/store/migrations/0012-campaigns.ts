import type { Migration } from "./migration.ts";

export const campaigns: Migration = {
  version: 12,
  name: "campaigns",
  sql: `
CREATE TABLE campaigns (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  reason TEXT,
  gathered TEXT DEFAULT '',
  created_at INTEGER NOT NULL,
  closed_at INTEGER,
  request_hash TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX campaigns_by_time ON campaigns (created_at, id);
CREATE INDEX campaigns_open ON campaigns (id) WHERE closed_at IS NULL;

CREATE TABLE campaign_members (
  campaign TEXT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  device TEXT NOT NULL,
  state TEXT NOT NULL,
  operation TEXT NOT NULL,
  at INTEGER NOT NULL,
  fault INTEGER,
  reason TEXT,
  PRIMARY KEY (campaign, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_members_by_state ON campaign_members (campaign, state, operation);
`,
};
