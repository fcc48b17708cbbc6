import type { Migration } from "./migration.ts";

export const engines: Migration = {
  version: 15,
  name: "engines",
  sql: `
CREATE TABLE duties (
  name TEXT NOT NULL PRIMARY KEY,
  engine TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT;
ALTER TABLE devices ADD COLUMN waking_engine TEXT;
ALTER TABLE devices ADD COLUMN waking_until INTEGER;
`,
};
