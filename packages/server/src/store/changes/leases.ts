import { deviceRpc, type DeviceKey } from "@heliograph/protocol";
import type { ChangeOf, Held, Lease, NewOperation, ResultOf } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { integer, text, type Row } from "../row.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

export function findLease(db: Database, device: DeviceKey): Lease | undefined {
  const row = db.get("SELECT * FROM leases WHERE device = :device", { device });
  return row === undefined ? undefined : leaseOf(row);
}

export function findOverdueLeases(
  db: Database,
  { now, limit }: { readonly now: number; readonly limit: number },
): readonly Lease[] {
  return db
    .all("SELECT * FROM leases WHERE ends_at <= :now ORDER BY ends_at, device LIMIT :limit", { now, limit })
    .map(leaseOf);
}

/** Who keeps an operation from its device; undefined where nobody does. Reading goes on beside a lease. */
export function leaseAgainst(
  db: Database,
  { device, rpcs, refresh, manager, createdAt }: NewOperation,
): Lease | undefined {
  const isReading = refresh !== undefined || rpcs.every(({ method }) => deviceRpc(method)?.reads === true);
  const lease = isReading ? undefined : findLease(db, device);
  return lease !== undefined && lease.endsAt > createdAt && lease.holder !== manager ? lease : undefined;
}

export function takeLease(db: Database, { lease, audit }: ChangeOf<"take-lease">): ResultOf<"take-lease"> {
  const { device, holder, reason, takenAt, endsAt } = lease;
  if (findDevice(db, device) === undefined) return { type: "unknown-device" };
  const known = findLease(db, device);
  const isGood = known !== undefined && known.endsAt > takenAt;
  if (isGood && known.holder !== holder) return { type: "held", lease: known };
  if (isGood && hasAudit(db, audit)) return { type: "taken", lease: known };
  const kept = { ...lease, takenAt: isGood ? known.takenAt : takenAt };
  db.write(
    `INSERT INTO leases (device, holder, reason, taken_at, ends_at)
     VALUES (:device, :holder, :reason, :takenAt, :endsAt)
     ON CONFLICT (device) DO UPDATE SET holder = excluded.holder, reason = excluded.reason,
       taken_at = excluded.taken_at, ends_at = excluded.ends_at`,
    { device, holder, reason, takenAt: kept.takenAt, endsAt },
  );
  storeAudit(db, audit);
  const name = isGood ? "lease-renewed" : "lease-taken";
  const data = { holder, reason, ends: new Date(endsAt).toISOString() };
  storeEvents(db, [{ at: takenAt, device, name, data }]);
  return { type: "taken", lease: kept };
}

export function endLease(db: Database, change: ChangeOf<"end-lease">): Held {
  const { device, by, isBroken, at, audit } = change;
  if (hasAudit(db, audit)) return { held: true };
  const known = findLease(db, device);
  if (known === undefined || known.endsAt <= at) return { held: false };
  if (known.holder !== by && !isBroken) return { held: false };
  storeAudit(db, audit);
  remove(db, known, { at, name: known.holder === by ? "lease-released" : "lease-broken", by });
  return { held: true };
}

export function expireLease(db: Database, { device, now }: ChangeOf<"expire-lease">): Held {
  const known = findLease(db, device);
  if (known === undefined || known.endsAt > now) return { held: false };
  remove(db, known, { at: now, name: "lease-expired" });
  return { held: true };
}

/** Whoever held devices is let in no longer. */
export function endLeasesOf(db: Database, holder: string, at: number): void {
  for (const row of db.all("SELECT * FROM leases WHERE holder = :holder", { holder })) {
    remove(db, leaseOf(row), { at, name: "lease-released" });
  }
}

interface Ending {
  readonly at: number;
  readonly name: "lease-released" | "lease-broken" | "lease-expired";
  readonly by?: string;
}

function remove(db: Database, { device, holder }: Lease, { at, name, by }: Ending): void {
  db.write("DELETE FROM leases WHERE device = :device", { device });
  const data = { holder, ...(by === undefined ? {} : { by }) };
  storeEvents(db, [{ at, device, name, data }]);
}

function leaseOf(row: Row): Lease {
  return {
    device: text(row, "device") as DeviceKey,
    holder: text(row, "holder"),
    reason: text(row, "reason"),
    takenAt: integer(row, "taken_at"),
    endsAt: integer(row, "ends_at"),
  };
}
