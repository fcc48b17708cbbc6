import type { DeviceKey } from "@heliograph/protocol";
import type { OperationRecord } from "../ports/index.ts";
import type { Database } from "./database.ts";
import { operationsOf } from "./operation-rows.ts";

/** A report that is older than so many transfers is of none of them. */
const USEFUL = 50;

export function findTransfers(db: Database, device: DeviceKey): readonly OperationRecord[] {
  const rows = db.all(
    `SELECT * FROM operations WHERE device = :device AND transfer IS NOT NULL
     ORDER BY sequence DESC LIMIT :limit`,
    { device, limit: USEFUL },
  );
  return operationsOf(db, rows).toReversed();
}

export function findOverdueTransfers(
  db: Database,
  { now, limit }: { readonly now: number; readonly limit: number },
): readonly OperationRecord[] {
  const rows = db.all(
    `SELECT * FROM operations WHERE state = 'transferring' AND transfer_until <= :now
     ORDER BY transfer_until LIMIT :limit`,
    { now, limit },
  );
  return operationsOf(db, rows);
}
