import type { Migration } from "./migration.ts";

export const lightTransport: Migration = {
  version: 2,
  name: "light-transport",
  sql: `
ALTER TABLE devices ADD COLUMN credential_version INTEGER NOT NULL DEFAULT 0;
UPDATE devices SET credential_version = enrolled_at;
ALTER TABLE devices ADD COLUMN light_subprotocol TEXT;
ALTER TABLE devices ADD COLUMN light_lapsed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN connection_transport TEXT NOT NULL DEFAULT 'classic';
CREATE INDEX devices_light ON devices (key) WHERE connection_transport = 'light' AND connection_closed = 0;
ALTER TABLE operations ADD COLUMN reads INTEGER NOT NULL DEFAULT 0;
`,
};
