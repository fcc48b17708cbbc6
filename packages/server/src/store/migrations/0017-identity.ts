import type { Migration } from "./migration.ts";

/** By which processes of one store know each other from those of another. */
export const identity: Migration = {
  version: 17,
  name: "identity",
  sql: `
ALTER TABLE relay ADD COLUMN store TEXT NOT NULL DEFAULT '';
UPDATE relay SET store = lower(hex(randomblob(16)));
`,
};
