import type {
  CloseConnection,
  DeviceRecord,
  Held,
  OpenConnection,
  OpenResult,
  RecordReport,
  RecordWake,
  WakeStatus,
} from "../../ports/index.ts";
import { deviceOf, findDevice, holds, searchText } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { findOpenOperations } from "../operation-rows.ts";
import { saveInformParameters } from "../parameter-rows.ts";
import { text, type Row } from "../row.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import { hasReport, storeEvents, storeReport } from "./journal.ts";

export function openConnection(db: SqliteDatabase, change: OpenConnection): OpenResult {
  const row = takeOver(db, change);
  if (row === undefined) return notTakenOver(db, change);
  const device = deviceOf(row);
  const search = searchText(device);
  if (search !== text(row, "search")) {
    db.run("UPDATE devices SET search = :search WHERE key = :key", { search, key: change.key });
  }
  if (change.bootstrapped) db.run("DELETE FROM parameters WHERE device = :key", { key: change.key });
  saveInformParameters(db, change.key, { at: change.at, values: change.parameters });
  storeEvents(db, change.events);
  return opened(db, device);
}

/** The one conditional update that makes the connection the device's; facts that this Inform left out stay known. */
const TAKE_OVER = `
UPDATE devices SET
  address = :address, last_inform_at = :at,
  last_boot_at = CASE WHEN :booted = 1 THEN :at ELSE last_boot_at END,
  last_bootstrap_at = CASE WHEN :bootstrapped = 1 THEN :at ELSE last_bootstrap_at END,
  root = coalesce(:root, CASE WHEN :bootstrapped = 1 THEN NULL ELSE root END),
  software_version = coalesce(:software, CASE WHEN :bootstrapped = 1 THEN NULL ELSE software_version END),
  hardware_version = coalesce(:hardware, CASE WHEN :bootstrapped = 1 THEN NULL ELSE hardware_version END),
  connection_request_url = coalesce(:url, CASE WHEN :bootstrapped = 1 THEN NULL ELSE connection_request_url END),
  style_namespace = :namespace, style_declaration = :declaration,
  generation = generation + 1,
  connection_id = :id, connection_gateway = :gateway, connection_engine = :engine, connection_opened_at = :openedAt,
  connection_closed = 0,
  wake_attempts = 0, wake_next_at = NULL
WHERE key = :key AND approval = 'approved'
  AND (connection_id IS NULL OR connection_id <> :id OR connection_engine <> :engine)
RETURNING *`;

function takeOver(db: SqliteDatabase, change: OpenConnection): Row | undefined {
  const { key, connection, address, at, facts, style } = change;
  return db.get(TAKE_OVER, {
    key,
    address,
    at,
    booted: Number(change.booted),
    bootstrapped: Number(change.bootstrapped),
    root: facts.root ?? null,
    software: facts.softwareVersion ?? null,
    hardware: facts.hardwareVersion ?? null,
    url: facts.connectionRequestUrl ?? null,
    namespace: style.namespace,
    declaration: Number(style.declaration),
    id: connection.id,
    gateway: connection.gateway,
    engine: connection.engine,
    openedAt: connection.openedAt,
  });
}

function notTakenOver(db: SqliteDatabase, { key }: OpenConnection): OpenResult {
  const device = findDevice(db, key);
  if (device === undefined) return { type: "refused", reason: "unknown-device" };
  return device.approval === "approved" ? opened(db, device) : { type: "refused", reason: "not-approved" };
}

function opened(db: SqliteDatabase, device: DeviceRecord): OpenResult {
  return { type: "opened", device, operations: findOpenOperations(db, device.key) };
}

export function closeConnection(db: SqliteDatabase, { key, connection, generation }: CloseConnection): Held {
  const closed = db.run(
    `UPDATE devices SET connection_closed = 1
     WHERE key = :key AND connection_id = :connection AND generation = :generation`,
    { key, connection, generation },
  );
  return { held: closed > 0 };
}

export function recordReport(db: SqliteDatabase, change: RecordReport): Held {
  if (hasReport(db, change.device, change.reportKey)) return { held: true };
  const device = findDevice(db, change.device);
  if (device === undefined || !holds(device, change)) return { held: false };
  storeReport(db, change.reportKey, change.events);
  return { held: true };
}

export function recordWake(db: SqliteDatabase, { device, wake, events }: RecordWake): Held {
  const known = findDevice(db, device);
  if (known === undefined) return { held: false };
  if (isSameWake(known.wake, wake)) return { held: true };
  db.run(
    `UPDATE devices SET wake_attempts = :attempts, wake_last = :last, wake_next_at = :nextAt WHERE key = :device`,
    {
      device,
      attempts: wake.attempts,
      last: wake.last === undefined ? null : writeDocument(wake.last),
      nextAt: wake.nextAt ?? null,
    },
  );
  storeEvents(db, events);
  return { held: true };
}

function isSameWake(known: WakeStatus, wake: WakeStatus): boolean {
  return (
    known.attempts === wake.attempts &&
    known.nextAt === wake.nextAt &&
    known.last?.at === wake.last?.at &&
    known.last?.detail === wake.last?.detail
  );
}
