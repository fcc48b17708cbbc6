import type { Migration } from "./migration.ts";

/** Tokens that there are keep every right. */
export const grants: Migration = {
  version: 9,
  name: "grants",
  sql: `
ALTER TABLE api_tokens ADD COLUMN role TEXT NOT NULL DEFAULT 'admin';
ALTER TABLE api_tokens ADD COLUMN user_name TEXT;
CREATE INDEX api_tokens_by_user ON api_tokens (user_name) WHERE user_name IS NOT NULL;

ALTER TABLE audit ADD COLUMN grant_id TEXT;
CREATE INDEX audit_by_grant ON audit (grant_id, id) WHERE grant_id IS NOT NULL;
CREATE INDEX audit_by_device ON audit (device, id);

CREATE TABLE grants (
  id TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  reason TEXT NOT NULL,
  rights TEXT NOT NULL,
  given_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE users (
  name TEXT NOT NULL PRIMARY KEY,
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE roles (
  name TEXT NOT NULL PRIMARY KEY,
  rights TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
`,
};
