import type { Migration } from "./migration.ts";

export const claims: Migration = {
  version: 4,
  name: "claims",
  sql: `
ALTER TABLE devices ADD COLUMN claim_at INTEGER;
ALTER TABLE devices ADD COLUMN claim_last_at INTEGER;
ALTER TABLE devices ADD COLUMN claim_address TEXT;
ALTER TABLE devices ADD COLUMN claim_count INTEGER;
ALTER TABLE devices ADD COLUMN claim_approved_at INTEGER;
CREATE INDEX devices_claimed ON devices (key) WHERE claim_at IS NOT NULL;
`,
};
