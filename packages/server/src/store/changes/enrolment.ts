import type { EnrolDevice, EnrolResult, Held, RemoveDevice, SetApproval } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, knownDevice, laterVersion, searchText } from "../device-rows.ts";
import { leaveGroups, regroupChanged, regroupEnrolled } from "../groups/membership.ts";
import { saveSearched } from "../groups/searched-rows.ts";
import { integer } from "../row.ts";
import { HAS_OWN, UNCLAIMED } from "./claims.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

export function enrolDevice(db: Database, change: EnrolDevice): EnrolResult {
  const known = findDevice(db, change.key);
  if (known !== undefined && known.enrolledAt === change.at && known.address === change.address) {
    return { type: "enrolled", device: known };
  }
  const { claimApprovedAt } = change;
  const isOther = claimApprovedAt !== undefined && known?.claim?.approvedAt !== claimApprovedAt;
  if (isOther || (change.by === "first-contact" && hasOwn(db, change))) {
    return { type: "refused", reason: "changed" };
  }
  if (change.approval === "waiting") {
    const refused = roomToWait(db, change);
    if (refused !== undefined) return { type: "refused", reason: refused };
  }
  insertOrRenew(db, change);
  db.write("DELETE FROM credentials WHERE device = :key", { key: change.key });
  const device = knownDevice(db, change.key);
  db.write("UPDATE devices SET search = :search WHERE key = :key", {
    key: change.key,
    search: searchText(device),
  });
  saveSearched(db, device);
  storeEvents(db, change.events);
  regroupEnrolled(db, device.key, change.at);
  return { type: "enrolled", device };
}

/** Nobody takes them away who knows the first-contact secret alone. */
function hasOwn(db: Database, { key }: EnrolDevice): boolean {
  return db.get(`SELECT 1 FROM devices WHERE key = :key AND ${HAS_OWN}`, { key }) !== undefined;
}

/** Why no more devices may wait; undefined while there is room. The device itself does not count. */
function roomToWait(
  db: Database,
  change: EnrolDevice,
): "too-many-waiting" | "too-many-from-address" | undefined {
  const row = db.get(
    `SELECT count(*) AS everywhere, coalesce(sum(CASE WHEN address = :address THEN 1 ELSE 0 END), 0) AS here
     FROM devices WHERE approval = 'waiting' AND key <> :key`,
    { address: change.address, key: change.key },
  );
  if (row === undefined) return undefined;
  if (integer(row, "everywhere") >= change.maxWaiting) return "too-many-waiting";
  if (integer(row, "here") >= change.maxWaitingPerAddress) return "too-many-from-address";
  return undefined;
}

function insertOrRenew(db: Database, change: EnrolDevice): void {
  const { key, deviceId, approval, by, address, at } = change;
  db.write(
    `INSERT INTO devices (key, manufacturer, oui, product_class, serial_number, approval, enrolled_at, enrolled_by,
       address, generation, connection_closed, wake_attempts, credentials, credential_version, tags, search)
     VALUES (:key, :manufacturer, :oui, :productClass, :serialNumber, :approval, :at, :by,
       :address, 0, 0, 0, 'none', :at, '[]', '')
     ON CONFLICT (key) DO UPDATE SET
       manufacturer = excluded.manufacturer, oui = excluded.oui, product_class = excluded.product_class,
       serial_number = excluded.serial_number, approval = excluded.approval, enrolled_at = excluded.enrolled_at,
       enrolled_by = excluded.enrolled_by, address = excluded.address, credentials = 'none',
       credential_version = ${laterVersion("devices.credential_version")},
       generation = devices.generation + 1, connection_closed = 1, ${UNCLAIMED}`,
    {
      key,
      manufacturer: deviceId.Manufacturer,
      oui: deviceId.OUI,
      productClass: deviceId.ProductClass,
      serialNumber: deviceId.SerialNumber,
      approval,
      at,
      by,
      address,
    },
  );
}

/** A device that is no longer approved loses its connection's right to carry calls. */
export function setApproval(db: Database, change: SetApproval): Held {
  const { device, approval, audit, events } = change;
  const isChanged = db.run(
    `UPDATE devices SET approval = :approval, ${UNCLAIMED},
       generation = CASE WHEN approval = 'approved' THEN generation + 1 ELSE generation END,
       connection_closed = CASE WHEN approval = 'approved' THEN 1 ELSE connection_closed END,
       credential_version = CASE WHEN approval = 'approved' THEN credential_version + 1 ELSE credential_version END
     WHERE key = :device AND approval <> :approval`,
    { device, approval },
  );
  if (isChanged === 0) return { held: findDevice(db, device) !== undefined };
  storeAudit(db, audit);
  storeEvents(db, events);
  regroupChanged(db, device, audit.at);
  return { held: true };
}

export function removeDevice(db: Database, { device, audit, events }: RemoveDevice): Held {
  leaveGroups(db, device, audit.at);
  if (db.run("DELETE FROM devices WHERE key = :device", { device }) === 0)
    return { held: hasAudit(db, audit) };
  db.write("DELETE FROM operations WHERE device = :device AND ended_at IS NULL", { device });
  storeAudit(db, audit);
  storeEvents(db, events);
  return { held: true };
}
