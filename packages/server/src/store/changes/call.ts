import type { RpcOutcome } from "@heliograph/protocol";
import type {
  CallId,
  Claim,
  ClaimCall,
  DeviceRecord,
  EndOperation,
  Held,
  OperationEnd,
  OperationId,
  OperationRecord,
  RecordOutcome,
  RefreshPlan,
  ReleaseCall,
  ReplanRefresh,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, holds } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { regroupChanged } from "../groups/membership.ts";
import { findOperation } from "../operation-rows.ts";
import { storeAudit, storeEvents } from "./journal.ts";
import { learnLesson } from "./learn-lesson.ts";
import { isOfGeneration } from "./ownership.ts";
import { awaitReport } from "./transfer.ts";

export function claimCall(db: Database, { operation: id, device: key, claim, events }: ClaimCall): Held {
  const operation = findOperation(db, id);
  if (operation?.device !== key) return { held: false };
  const device = findDevice(db, key);
  if (operation.claim?.callId === claim.callId) return claimAgain(db, operation.claim, { id, device, claim });
  const mayCarry = device !== undefined && holds(device, claim) && device.connection?.closed !== true;
  if (!mayCarry || operation.state !== "queued" || hasEarlierOpen(db, operation)) return { held: false };
  if (wasSent(db, id, claim.callId)) return { held: false };
  db.write(
    `UPDATE operations SET state = 'running', attempts = attempts + 1,
       call_id = :callId, call_connection = :connection, call_generation = :generation, call_at = :at
     WHERE id = :id`,
    { id, callId: claim.callId, connection: claim.connection, generation: claim.generation, at: claim.at },
  );
  storeEvents(db, events);
  return { held: true };
}

/** The same call, sent once more on a newer connection, or asked for by a newer owner of the connection it left by. */
function claimAgain(
  db: Database,
  known: Claim,
  { id, device, claim }: { id: OperationId; device: DeviceRecord | undefined; claim: Claim },
): Held {
  if (known.connection === claim.connection && known.generation === claim.generation) return { held: true };
  if (device === undefined || !holds(device, claim) || device.connection?.closed === true)
    return { held: false };
  db.write(
    `UPDATE operations SET attempts = attempts + CASE WHEN call_connection = :connection THEN 0 ELSE 1 END,
       call_connection = :connection, call_generation = :generation, call_at = :at
     WHERE id = :id`,
    { id, connection: claim.connection, generation: claim.generation, at: claim.at },
  );
  return { held: true };
}

/** The released call's id stays in the row, so that the same release, come again, is known. */
export function releaseCall(db: Database, change: ReleaseCall): Held {
  const { operation: id, callId, generation, refresh, events } = change;
  const released = db.run(
    `UPDATE operations SET state = 'queued', refresh = coalesce(:refresh, refresh)
     WHERE id = :id AND call_id = :callId AND state = 'running'
       AND EXISTS (SELECT 1 FROM devices WHERE key = operations.device AND generation = :generation)`,
    { id, callId, generation, refresh: planText(refresh) },
  );
  if (released > 0) {
    storeEvents(db, events);
    return { held: true };
  }
  return { held: wasReleased(db, id, callId) };
}

export function recordOutcome(db: Database, change: RecordOutcome): Held {
  const { operation: id, callId, outcome, end, refresh, transfer } = change;
  if (isRecorded(db, id, callId)) return { held: true };
  const operation = findOperation(db, id);
  const device = findDevice(db, change.device);
  if (device === undefined || !holds(device, change)) return { held: false };
  if (operation?.device !== change.device || operation.claim?.callId !== callId) return { held: false };
  appendOutcome(db, operation, { outcome, callId });
  if (refresh !== undefined) keepPlan(db, id, refresh);
  if (transfer !== undefined) awaitReport(db, id, transfer);
  else if (end === undefined) requeue(db, id);
  else endNow(db, id, end);
  if (change.lesson !== undefined) learnLesson(db, change.device, change.lesson);
  storeEvents(db, change.events);
  if (change.lesson !== undefined) regroupChanged(db, change.device, change.lesson.at);
  return { held: true };
}

export function endOperation(db: Database, change: EndOperation): Held {
  const { operation: id, from, generation, end, outcome, audit, events } = change;
  const operation = findOperation(db, id);
  if (operation === undefined) return { held: false };
  if (operation.state !== from) {
    return { held: operation.state === end.state && operation.endedAt === end.at };
  }
  if (!isOfGeneration(db, operation.device, generation)) return { held: false };
  if (outcome !== undefined) appendOutcome(db, operation, { outcome });
  endNow(db, id, end);
  if (audit !== undefined) storeAudit(db, audit);
  storeEvents(db, events);
  return { held: true };
}

/** Held also where it goes by that plan already. */
export function replanRefresh(db: Database, { operation: id, generation, refresh }: ReplanRefresh): Held {
  const operation = findOperation(db, id);
  if (operation?.refresh === undefined || operation.state !== "queued") return { held: false };
  if (!isOfGeneration(db, operation.device, generation)) return { held: false };
  keepPlan(db, id, refresh);
  return { held: true };
}

function keepPlan(db: Database, id: OperationId, refresh: RefreshPlan): void {
  db.write("UPDATE operations SET refresh = :refresh WHERE id = :id", { id, refresh: planText(refresh) });
}

function planText(refresh: RefreshPlan | undefined): string | null {
  return refresh === undefined ? null : writeDocument(refresh);
}

/** Refreshes make way between their RPCs, and a transfer while it goes on. Reads pass each other; nothing passes a write, and a write passes nothing. */
function hasEarlierOpen(db: Database, { device, sequence, reads }: OperationRecord): boolean {
  const found = db.get(
    `SELECT 1 FROM operations
     WHERE device = :device AND ended_at IS NULL AND state <> 'transferring' AND sequence < :sequence
       AND (reads = 0 OR :reads = 0)
       AND NOT (refresh IS NOT NULL AND state = 'queued') LIMIT 1`,
    { device, sequence, reads: Number(reads) },
  );
  return found !== undefined;
}

/** Whether a call's id was used before: it names one sending. */
function wasSent(db: Database, id: OperationId, callId: CallId): boolean {
  return wasReleased(db, id, callId) || isRecorded(db, id, callId);
}

function wasReleased(db: Database, id: OperationId, callId: CallId): boolean {
  const found = db.get("SELECT 1 FROM operations WHERE id = :id AND call_id = :callId AND state = 'queued'", {
    id,
    callId,
  });
  return found !== undefined;
}

function isRecorded(db: Database, id: OperationId, callId: CallId): boolean {
  const found = db.get("SELECT 1 FROM outcomes WHERE operation = :id AND call_id = :callId", { id, callId });
  return found !== undefined;
}

function appendOutcome(
  db: Database,
  operation: OperationRecord,
  { outcome, callId }: { readonly outcome: RpcOutcome; readonly callId?: CallId },
): void {
  db.write(
    `INSERT INTO outcomes (operation, position, call_id, document)
     VALUES (:operation, (SELECT count(*) FROM outcomes WHERE operation = :operation), :callId, :document)`,
    {
      operation: operation.id,
      callId: callId ?? null,
      document: writeDocument(outcome),
    },
  );
}

function requeue(db: Database, id: OperationId): void {
  db.write("UPDATE operations SET state = 'queued', attempts = 0, call_id = NULL WHERE id = :id", { id });
}

function endNow(db: Database, id: OperationId, end: OperationEnd): void {
  db.write("UPDATE operations SET state = :state, ended_at = :at, reason = :reason WHERE id = :id", {
    id,
    state: end.state,
    at: end.at,
    reason: end.reason ?? null,
  });
  db.write("DELETE FROM command_keys WHERE operation = :id", { id });
}
