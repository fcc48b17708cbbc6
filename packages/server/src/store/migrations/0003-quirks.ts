import type { Migration } from "./migration.ts";

export const quirks: Migration = {
  version: 3,
  name: "quirks",
  sql: `
ALTER TABLE devices ADD COLUMN quirks TEXT;
CREATE TABLE model_quirks (
  oui TEXT NOT NULL,
  product_class TEXT NOT NULL,
  software_version TEXT NOT NULL DEFAULT '',
  quirks TEXT NOT NULL,
  PRIMARY KEY (oui, product_class, software_version)
) STRICT;
`,
};
