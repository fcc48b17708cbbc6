import type { Migration } from "./migration.ts";

export const channels: Migration = {
  version: 10,
  name: "channels",
  sql: `
CREATE TABLE channels (
  name TEXT NOT NULL PRIMARY KEY,
  owner TEXT REFERENCES devices (key) ON DELETE CASCADE,
  rules TEXT NOT NULL,
  epoch TEXT NOT NULL,
  head INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX channels_by_owner ON channels (owner) WHERE owner IS NOT NULL;

CREATE TABLE publications (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL REFERENCES channels (name) ON DELETE CASCADE,
  channel_offset INTEGER NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  publisher TEXT NOT NULL,
  data TEXT NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX publications_by_offset ON publications (channel, channel_offset);
CREATE UNIQUE INDEX publications_by_id ON publications (channel, id);

CREATE TABLE channel_members (
  channel TEXT NOT NULL REFERENCES channels (name) ON DELETE CASCADE,
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  since INTEGER NOT NULL,
  PRIMARY KEY (channel, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_members_by_device ON channel_members (device);

CREATE TABLE positions (
  channel TEXT NOT NULL REFERENCES channels (name) ON DELETE CASCADE,
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  epoch TEXT,
  channel_offset INTEGER,
  at INTEGER,
  result TEXT,
  PRIMARY KEY (channel, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX positions_by_device ON positions (device);
`,
};
