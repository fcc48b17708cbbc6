import type { Migration } from "./migration.ts";

export const transfers: Migration = {
  version: 6,
  name: "transfers",
  sql: `
ALTER TABLE operations ADD COLUMN transfer TEXT;
ALTER TABLE operations ADD COLUMN transfer_state TEXT;
ALTER TABLE operations ADD COLUMN transfer_until INTEGER;
ALTER TABLE operations ADD COLUMN transfer_progress TEXT;
CREATE INDEX operations_moving_files ON operations (device, sequence) WHERE transfer IS NOT NULL;
CREATE INDEX operations_transferring ON operations (transfer_until) WHERE state = 'transferring';
`,
};
