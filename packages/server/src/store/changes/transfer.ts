import type {
  DeviceRecord,
  Held,
  OperationId,
  OperationRecord,
  RecordProgress,
  SettleTransfer,
  TransferPlan,
  TransferProgress,
  TransferState,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { findOperation } from "../operation-rows.ts";
import { hasReport, storeAudit, storeEvents, storeReport } from "./journal.ts";

export function settleTransfer(db: Database, change: SettleTransfer): Held {
  const { operation: id, device: key, from, state, end, report, audit, events } = change;
  if (report !== undefined && hasReport(db, key, report.key)) return { held: true };
  const device = findDevice(db, key);
  if (report !== undefined && device?.credentialVersion !== report.credentialVersion) return { held: false };
  const operation = findOperation(db, id);
  const known = operation?.device === key ? operation.transfer?.state : undefined;
  if (known === undefined) return { held: false };
  if (isSame(known, state)) return { held: true };
  if (!isSame(known, from)) return { held: false };
  db.write(
    `UPDATE operations SET state = :state, ended_at = :at, reason = :reason, transfer_state = :transfer
     WHERE id = :id`,
    { id, state: end.state, at: end.at, reason: end.reason ?? null, transfer: writeDocument(state) },
  );
  db.write("DELETE FROM command_keys WHERE operation = :id", { id });
  keepSoftware(db, operation, device);
  if (audit !== undefined) storeAudit(db, audit);
  if (report === undefined) storeEvents(db, events);
  else storeReport(db, report.key, events);
  return { held: true };
}

/** Held also where nothing of it is new. */
export function recordProgress(db: Database, change: RecordProgress): Held {
  const { operation: id, progress, events } = change;
  const operation = findOperation(db, id);
  if (operation?.transfer === undefined) return { held: false };
  const known = operation.transfer.progress;
  if (known?.received !== undefined) return { held: progress.received === known.received };
  if (progress.received === undefined && known !== undefined && known.bytes >= progress.bytes)
    return { held: true };
  keepProgress(db, id, known === undefined ? progress : { ...progress, since: known.since ?? known.at });
  storeEvents(db, events);
  return { held: true };
}

/** The call was answered: the operation goes on without its device's queue. */
export function awaitReport(db: Database, id: OperationId, state: TransferState): void {
  db.write(
    `UPDATE operations SET state = 'transferring', call_id = NULL, transfer_state = :state, transfer_until = :until
     WHERE id = :id`,
    { id, state: writeDocument(state), until: state.name === "transferring" ? state.until : null },
  );
}

/** With what a device runs that was to fetch a file, it shows whether it took it. */
function keepSoftware(
  db: Database,
  operation: OperationRecord | undefined,
  device: DeviceRecord | undefined,
): void {
  const { transfer, id } = operation ?? {};
  const softwareAfter = device?.facts.softwareVersion;
  if (transfer === undefined || id === undefined || transfer.kind === "Upload") return;
  if (softwareAfter === undefined) return;
  const { state: _, progress: __, ...plan } = transfer;
  const known: TransferPlan = { ...plan, softwareAfter };
  db.run("UPDATE operations SET transfer = :transfer WHERE id = :id", { id, transfer: writeDocument(known) });
}

function keepProgress(db: Database, id: OperationId, progress: TransferProgress): void {
  db.write("UPDATE operations SET transfer_progress = :progress WHERE id = :id", {
    id,
    progress: writeDocument(progress),
  });
}

/** Both are written by this program, with their members in one order. */
function isSame(one: TransferState, other: TransferState): boolean {
  return writeDocument(one) === writeDocument(other);
}
