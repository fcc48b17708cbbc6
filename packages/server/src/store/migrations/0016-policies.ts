import type { Migration } from "./migration.ts";

/**
 * A version that is for one device alone is of the policy `private`, which no group has. What devices tell of when it changes
 * only because somebody watches is written down until it is put back.
 */
export const ownPolicies: Migration = {
  version: 16,
  name: "own-policies",
  sql: `
ALTER TABLE policy_versions ADD COLUMN device TEXT REFERENCES devices (key) ON DELETE CASCADE;
CREATE INDEX policy_versions_by_device ON policy_versions (device, version) WHERE device IS NOT NULL;

CREATE TABLE borrowed_notifications (
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  path TEXT NOT NULL,
  was INTEGER NOT NULL,
  at INTEGER NOT NULL,
  putting_back TEXT,
  PRIMARY KEY (device, path)
) STRICT, WITHOUT ROWID;

DELETE FROM compliance WHERE policy = 'private';
UPDATE policies SET removed = 1, rollout = NULL WHERE name = 'private';
`,
};
