import type { Migration } from "./migration.ts";

/** Filled where the store is PostgreSQL; beside a store that is a file, files lie in a folder of their own. */
export const files: Migration = {
  version: 18,
  name: "files",
  sql: `
CREATE TABLE files (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('draft', 'whole', 'removed')),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  version TEXT,
  manufacturer TEXT,
  oui TEXT,
  product_class TEXT,
  device TEXT,
  bytes INTEGER NOT NULL,
  sha256 TEXT,
  md5 TEXT,
  added_at INTEGER,
  touched_at INTEGER NOT NULL
) STRICT;
CREATE TABLE file_pieces (
  file TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (file, number)
) STRICT;
`,
};
