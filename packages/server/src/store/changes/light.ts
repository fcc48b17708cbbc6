import type {
  ChangeOf,
  DeviceConnection,
  Held,
  LapseDevice,
  OpenLightConnection,
  OpenLightResult,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, holds, knownDevice } from "../device-rows.ts";
import { regroupChanged } from "../groups/membership.ts";
import { GROUPED } from "../groups/needed-facts.ts";
import { findOpenOperations } from "../operation-rows.ts";
import { IS_TOLD } from "../parameter-rows.ts";
import type { WrittenChanges } from "../written-change.ts";
import { recountConnected } from "./groups.ts";
import { factValues, keepParameters, SET_FACTS } from "./inform.ts";
import { hasReport, storeEvents, storeReport } from "./journal.ts";

export function openLightConnection(db: Database, change: OpenLightConnection): OpenLightResult {
  const { key, connection } = change;
  const known = findDevice(db, key);
  if (known === undefined) return { type: "refused", reason: "unknown-device" };
  if (known.approval !== "approved") return { type: "refused", reason: "not-approved" };
  if (known.credentialVersion !== change.credentialVersion) return { type: "refused", reason: "revoked" };
  const earlier = known.connection;
  if (isOverheard(earlier, change)) return { type: "superseded" };
  if (isRepeated(earlier, connection)) noteRepeated(db, change);
  else {
    takeOver(db, change);
    storeEvents(db, change.events);
    regroupChanged(db, key, connection.openedAt);
  }
  const isReplaced =
    earlier?.transport === "light" && earlier.closed !== true && earlier.id !== connection.id;
  const operations = findOpenOperations(db, key);
  const device = knownDevice(db, key);
  return { type: "opened", device, operations, ...(isReplaced ? { replaced: earlier } : {}) };
}

/** A gateway gives an announcement up after twice this: what is so much older was heard late, and is over. */
const GIVEN_UP_MS = 5_000;
/** What is older by more than this was dated by another clock. */
const MOST_LATE_MS = 60_000;

/** Whether what is announced comes late, and is not what the device has now. */
function isOverheard(
  known: DeviceConnection | undefined,
  { connection: announced, again }: OpenLightConnection,
): boolean {
  if (known === undefined) return false;
  if (known.id === announced.id) return isAnnouncedSince(known, announced);
  if (known.transport !== "light" || known.closed === true) return false;
  const lateMs = known.openedAt - announced.openedAt;
  return again === true || (lateMs >= GIVEN_UP_MS && lateMs <= MOST_LATE_MS);
}

/** Whether the connection was announced to somebody else since, or just so, or is over. Its gateway announces it each time later. */
function isAnnouncedSince(known: DeviceConnection, announced: DeviceConnection): boolean {
  if (announced.openedAt > known.openedAt) return false;
  return known.engine !== announced.engine || known.closed === true;
}

function isRepeated(known: DeviceConnection | undefined, announced: DeviceConnection): boolean {
  return known?.id === announced.id && known.engine === announced.engine && known.closed !== true;
}

/** The same engine owns it: only what was announced before comes too late from now on. */
function noteRepeated(db: Database, { key, connection: { openedAt } }: OpenLightConnection): void {
  db.write(
    "UPDATE devices SET connection_opened_at = :openedAt WHERE key = :key AND connection_opened_at < :openedAt",
    { key, openedAt },
  );
}

/** A device that is here has not lapsed, and needs no connection request. */
function takeOver(db: Database, { key, connection, address, subprotocol }: OpenLightConnection): void {
  db.write(
    `UPDATE devices SET
       address = :address, light_subprotocol = :subprotocol, light_lapsed = 0, generation = generation + 1,
       connection_id = :id, connection_transport = 'light', connection_gateway = :gateway,
       connection_engine = :engine, connection_opened_at = :openedAt, connection_closed = 0,
       wake_attempts = 0, wake_next_at = NULL, waking_engine = NULL, waking_until = NULL
     WHERE key = :key`,
    {
      key,
      address,
      subprotocol,
      id: connection.id,
      gateway: connection.gateway,
      engine: connection.engine,
      openedAt: connection.openedAt,
    },
  );
}

export function closeStaleConnections(
  db: Database,
  { living = [] }: ChangeOf<"close-stale-connections">,
): { readonly closed: number } {
  const closed = db.run(
    `UPDATE devices SET connection_closed = 1
     WHERE connection_transport = 'light' AND connection_closed = 0
       AND CAST(:living AS TEXT) NOT LIKE '% ' || connection_engine || ' %'`,
    { living: ` ${living.join(" ")} ` },
  );
  if (closed > 0) recountConnected(db);
  return { closed };
}

export function recordInform(db: Database, change: WrittenChanges["record-inform"]): Held {
  const { key, reportKey } = change;
  if (hasReport(db, key, reportKey)) return { held: true };
  const device = findDevice(db, key);
  if (device === undefined || !holds(device, change)) return { held: false };
  const row = db.get(`UPDATE devices SET ${SET_FACTS} WHERE key = :key RETURNING *, ${GROUPED}, ${IS_TOLD}`, {
    key,
    ...factValues(change),
  });
  if (row === undefined) return { held: false };
  keepParameters(db, change, row);
  storeReport(db, reportKey, change.events);
  return { held: true };
}

export function lapseDevice(db: Database, { device, generation, events }: LapseDevice): Held {
  const lapsed = db.run(
    `UPDATE devices SET light_lapsed = 1
     WHERE key = :device AND generation = :generation AND light_subprotocol IS NOT NULL AND light_lapsed = 0
       AND NOT (connection_transport = 'light' AND connection_closed = 0)`,
    { device, generation },
  );
  if (lapsed === 0) return { held: findDevice(db, device)?.light?.lapsed === true };
  storeEvents(db, events);
  return { held: true };
}
