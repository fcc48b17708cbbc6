import type { Migration } from "./migration.ts";

export const refreshes: Migration = {
  version: 5,
  name: "refreshes",
  sql: `
ALTER TABLE operations ADD COLUMN refresh TEXT;
ALTER TABLE operations ADD COLUMN automatic TEXT;
ALTER TABLE devices ADD COLUMN strain TEXT;
ALTER TABLE devices ADD COLUMN circle TEXT;
CREATE INDEX operations_automatic ON operations (device, created_at) WHERE automatic IS NOT NULL;
`,
};
