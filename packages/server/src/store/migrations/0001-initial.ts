import type { Migration } from "./migration.ts";

export const initial: Migration = {
  version: 1,
  name: "initial",
  sql: `
CREATE TABLE devices (
  key TEXT NOT NULL PRIMARY KEY,
  manufacturer TEXT NOT NULL,
  oui TEXT NOT NULL,
  product_class TEXT NOT NULL,
  serial_number TEXT NOT NULL,
  approval TEXT NOT NULL,
  enrolled_at INTEGER NOT NULL,
  enrolled_by TEXT NOT NULL,
  address TEXT NOT NULL,
  last_inform_at INTEGER,
  last_boot_at INTEGER,
  last_bootstrap_at INTEGER,
  root TEXT,
  software_version TEXT,
  hardware_version TEXT,
  connection_request_url TEXT,
  style_namespace TEXT,
  style_declaration INTEGER,
  generation INTEGER NOT NULL,
  connection_id TEXT,
  connection_gateway TEXT,
  connection_engine TEXT,
  connection_opened_at INTEGER,
  connection_closed INTEGER NOT NULL,
  wake_attempts INTEGER NOT NULL,
  wake_last TEXT,
  wake_next_at INTEGER,
  credentials TEXT NOT NULL,
  tags TEXT NOT NULL,
  search TEXT NOT NULL
) STRICT;
CREATE INDEX devices_by_approval ON devices (approval, key);
CREATE INDEX devices_waiting ON devices (address, key) WHERE approval = 'waiting';

CREATE TABLE credentials (
  device TEXT NOT NULL PRIMARY KEY REFERENCES devices (key) ON DELETE CASCADE,
  confirmed TEXT,
  staged TEXT
) STRICT;

CREATE TABLE parameters (
  device TEXT NOT NULL REFERENCES devices (key) ON DELETE CASCADE,
  object TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (device, object)
) STRICT;

CREATE TABLE inform_parameters (
  device TEXT NOT NULL PRIMARY KEY REFERENCES devices (key) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

CREATE TABLE operations (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL,
  state TEXT NOT NULL,
  rpcs TEXT NOT NULL,
  call_id TEXT,
  call_connection TEXT,
  call_generation INTEGER,
  call_at INTEGER,
  attempts INTEGER NOT NULL,
  manager TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  reason TEXT,
  idempotency_key TEXT,
  request_hash TEXT NOT NULL
) STRICT;
CREATE INDEX operations_by_device ON operations (device, sequence);
CREATE INDEX operations_by_state ON operations (state, sequence);
CREATE INDEX operations_open ON operations (device, sequence) WHERE ended_at IS NULL;
CREATE INDEX operations_ended ON operations (ended_at) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX operations_by_idempotency_key ON operations (manager, device, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE outcomes (
  operation TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  call_id TEXT,
  document TEXT NOT NULL,
  PRIMARY KEY (operation, position)
) STRICT;

CREATE TABLE command_keys (
  device TEXT NOT NULL,
  command_key TEXT NOT NULL,
  operation TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
  PRIMARY KEY (device, command_key)
) STRICT;
CREATE INDEX command_keys_by_operation ON command_keys (operation);

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  device TEXT NOT NULL,
  name TEXT NOT NULL,
  operation TEXT,
  report_key TEXT,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_device ON events (device, id);
CREATE INDEX events_by_time ON events (at);
CREATE UNIQUE INDEX events_by_report ON events (device, report_key) WHERE report_key IS NOT NULL;

CREATE TABLE relay (
  name TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT;
INSERT INTO relay (name, position) VALUES ('events', 0);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  manager TEXT NOT NULL,
  action TEXT NOT NULL,
  device TEXT,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE api_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
`,
};
