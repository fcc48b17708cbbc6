import type {
  CloseConnection,
  DeviceConnection,
  DeviceRecord,
  Held,
  OpenedDevice,
  OpenResult,
  RecordReport,
  RecordWake,
  WakeStatus,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, knownDevice, OPENED, openedOf, openedPart } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { regroupChanged } from "../groups/membership.ts";
import { GROUPED } from "../groups/needed-facts.ts";
import { findOpenOperations, HAS_OPEN_OPERATIONS } from "../operation-rows.ts";
import { IS_TOLD } from "../parameter-rows.ts";
import { flag, text, type Row } from "../row.ts";
import type { WrittenChanges } from "../written-change.ts";
import { factValues, keepParameters, SET_FACTS } from "./inform.ts";
import { hasReport, storeEvents, storeReport } from "./journal.ts";

type OpenConnection = WrittenChanges["open-connection"];

export function openConnection(db: Database, change: OpenConnection): OpenResult {
  const row = takeOver(db, change);
  if (row === undefined) return notTakenOver(db, change);
  keepParameters(db, change, row);
  storeEvents(db, change.events);
  const operations = flag(row, "has_operations") ? findOpenOperations(db, change.key) : [];
  return { type: "opened", device: openedOf(row), operations };
}

/** What the Inform says of the light transport; a device that knows nothing of it any more has not lapsed. */
const SET_STANDING = `
  address = :address, style_namespace = :namespace, style_declaration = :declaration,
  light_lapsed = CASE WHEN CAST(:subprotocol AS TEXT) IS NULL THEN 0 ELSE light_lapsed END,
  light_subprotocol = :subprotocol`;

/** The one conditional update that makes the connection the device's, unless it has a light one. */
const TAKE_OVER = `
UPDATE devices SET ${SET_FACTS}, ${SET_STANDING},
  generation = generation + 1,
  connection_id = :id, connection_transport = 'classic', connection_gateway = :gateway, connection_engine = :engine,
  connection_opened_at = :openedAt, connection_closed = 0,
  wake_attempts = 0, wake_next_at = NULL, waking_engine = NULL, waking_until = NULL
WHERE key = :key AND approval = 'approved' AND claim_approved_at IS NULL AND credential_version = :credentialVersion
  AND (connection_id IS NULL OR connection_id <> :id
    OR (connection_engine <> :engine AND connection_opened_at <= :openedAt))
  AND NOT (connection_transport = 'light' AND connection_closed = 0)
RETURNING ${OPENED}, ${IS_TOLD}, ${HAS_OPEN_OPERATIONS}`;

function takeOver(db: Database, change: OpenConnection): Row | undefined {
  const { connection } = change;
  return db.get(TAKE_OVER, {
    ...factValues(change),
    ...standingValues(change),
    key: change.key,
    credentialVersion: change.credentialVersion,
    id: connection.id,
    gateway: connection.gateway,
    engine: connection.engine,
    openedAt: connection.openedAt,
  });
}

function standingValues({ address, style, lightSubprotocol }: OpenConnection) {
  return {
    address,
    namespace: style.namespace,
    declaration: Number(style.declaration),
    subprotocol: lightSubprotocol ?? null,
  };
}

function notTakenOver(db: Database, change: OpenConnection): OpenResult {
  const device = findDevice(db, change.key);
  if (device === undefined) return { type: "refused", reason: "unknown-device" };
  // Where a claim was approved, who authenticated before does not come in as the device that is awaited.
  const isAwaited = device.claim?.approvedAt !== undefined;
  if (device.approval !== "approved" || isAwaited) return { type: "refused", reason: "not-approved" };
  // Others hold the device's credentials by now: whoever was admitted by those before is somebody else.
  if (device.credentialVersion !== change.credentialVersion) return { type: "refused", reason: "revoked" };
  if (isOutdated(device.connection, change.connection)) return { type: "superseded" };
  return device.connection?.id === change.connection.id
    ? opened(db, openedPart(device), "opened")
    : opened(db, openedPart(noteInform(db, change)), "noted");
}

/** Its gateway has announced the connection to another engine since: whoever was asked before stood still. */
function isOutdated(known: DeviceConnection | undefined, announced: DeviceConnection): boolean {
  const isAnothers = known?.id === announced.id && known.engine !== announced.engine;
  return isAnothers && known.openedAt > announced.openedAt;
}

/** The device's light connection stays what it is; the Inform is kept once, however often it is noted. */
function noteInform(db: Database, change: OpenConnection): DeviceRecord {
  const { key } = change;
  const reportKey = `inform ${change.connection.id}`;
  if (hasReport(db, key, reportKey)) return knownDevice(db, key);
  const row = db.get(
    `UPDATE devices SET ${SET_FACTS}, ${SET_STANDING} WHERE key = :key RETURNING *, ${GROUPED}, ${IS_TOLD}`,
    {
      ...factValues(change),
      ...standingValues(change),
      key,
    },
  );
  if (row !== undefined) keepParameters(db, change, row);
  storeReport(db, reportKey, change.events);
  return knownDevice(db, key);
}

function opened(db: Database, device: OpenedDevice, type: "opened" | "noted"): OpenResult {
  return { type, device, operations: findOpenOperations(db, device.key) };
}

/** Held also where it is closed already, whoever did that; not where it is open for somebody newer. */
export function closeConnection(db: Database, change: CloseConnection): Held {
  const { key, connection, generation, events } = change;
  const closed = db.get(
    `UPDATE devices SET connection_closed = 1
     WHERE key = :key AND connection_id = :connection AND generation = :generation AND connection_closed = 0
     RETURNING connection_transport`,
    { key, connection, generation },
  );
  if (closed !== undefined) {
    storeEvents(db, events);
    // A classic one makes no device connected, and so its end changes nothing that groups ask for.
    if (text(closed, "connection_transport") === "light") regroupChanged(db, key, events[0]?.at);
    return { held: true };
  }
  const known = findDevice(db, key)?.connection;
  return { held: known?.id === connection && known.closed === true };
}

export function recordReport(db: Database, change: RecordReport): Held {
  if (hasReport(db, change.device, change.reportKey)) return { held: true };
  const device = findDevice(db, change.device);
  if (device?.credentialVersion !== change.credentialVersion) return { held: false };
  storeReport(db, change.reportKey, change.events);
  return { held: true };
}

export function recordWake(db: Database, { device, generation, wake, events }: RecordWake): Held {
  const known = findDevice(db, device);
  if (known?.generation !== generation) return { held: false };
  if (isSameWake(known.wake, wake)) return { held: true };
  db.write(
    `UPDATE devices SET wake_attempts = :attempts, wake_last = :last, wake_next_at = :nextAt,
       waking_engine = NULL, waking_until = NULL
     WHERE key = :device`,
    {
      device,
      attempts: wake.attempts,
      last: wake.last === undefined ? null : writeDocument(wake.last),
      nextAt: wake.nextAt ?? null,
    },
  );
  storeEvents(db, events);
  if (wake.last !== undefined) regroupChanged(db, device, wake.last.at);
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
