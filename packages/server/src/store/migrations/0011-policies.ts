import type { Migration } from "./migration.ts";

export const policies: Migration = {
  version: 11,
  name: "policies",
  sql: `
CREATE TABLE policies (
  name TEXT NOT NULL PRIMARY KEY,
  description TEXT NOT NULL,
  group_name TEXT NOT NULL,
  draft TEXT NOT NULL,
  rules TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  rollout TEXT,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE policy_versions (
  policy TEXT NOT NULL REFERENCES policies (name) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  content TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  publisher TEXT NOT NULL,
  rolls_back_to INTEGER,
  PRIMARY KEY (policy, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE compliance (
  policy TEXT NOT NULL REFERENCES policies (name) ON DELETE CASCADE,
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  applied INTEGER,
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  detail TEXT NOT NULL,
  mended TEXT NOT NULL,
  PRIMARY KEY (policy, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX compliance_by_device ON compliance (device, policy);
CREATE INDEX compliance_by_state ON compliance (state, device, policy);
CREATE INDEX compliance_by_policy ON compliance (policy, version, state);
`,
};
