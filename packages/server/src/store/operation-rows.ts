import type { DeviceKey, RpcOutcome } from "@heliograph/protocol";
import {
  operationStates,
  type CallId,
  type Claim,
  type ConnectionId,
  type DeviceCall,
  type OperationId,
  type OperationRecord,
  type RefreshPlan,
} from "../ports/index.ts";
import { readDocument, type Document } from "./document.ts";
import { choice, flag, integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { transferOf } from "./transfer-rows.ts";

export function findOperation(db: SqliteDatabase, id: OperationId): OperationRecord | undefined {
  const row = db.get("SELECT * FROM operations WHERE id = :id", { id });
  return row === undefined ? undefined : operationOf(db, row);
}

/** Everything of one device that waits or runs, in sequence. */
export function findOpenOperations(db: SqliteDatabase, device: DeviceKey): readonly OperationRecord[] {
  const rows = db.all(
    `SELECT * FROM operations WHERE device = :device AND ended_at IS NULL AND state <> 'transferring'
     ORDER BY sequence`,
    { device },
  );
  return rows.map((row) => operationOf(db, row));
}

export function operationOf(db: SqliteDatabase, row: Row): OperationRecord {
  const id = text(row, "id") as OperationId;
  const state = choice(row, "state", operationStates);
  const refresh = optionalText(row, "refresh");
  return present({
    id,
    device: text(row, "device") as DeviceKey,
    sequence: integer(row, "sequence"),
    state,
    rpcs: readDocument(text(row, "rpcs") as Document<readonly DeviceCall[]>),
    reads: flag(row, "reads"),
    outcomes: refresh === undefined ? outcomesOf(db, id) : [],
    claim: state === "running" ? claimOf(row) : undefined,
    refresh: refresh === undefined ? undefined : readDocument(refresh as Document<RefreshPlan>),
    transfer: transferOf(row, state),
    automatic: optionalText(row, "automatic"),
    attempts: integer(row, "attempts"),
    manager: text(row, "manager"),
    createdAt: integer(row, "created_at"),
    expiresAt: integer(row, "expires_at"),
    endedAt: optionalInteger(row, "ended_at"),
    reason: optionalText(row, "reason"),
  });
}

function outcomesOf(db: SqliteDatabase, operation: OperationId): readonly RpcOutcome[] {
  const rows = db.all("SELECT document FROM outcomes WHERE operation = :operation ORDER BY position", {
    operation,
  });
  return rows.map((row) => readDocument(text(row, "document") as Document<RpcOutcome>));
}

function claimOf(row: Row): Claim {
  return {
    callId: text(row, "call_id") as CallId,
    connection: text(row, "call_connection") as ConnectionId,
    generation: integer(row, "call_generation"),
    at: integer(row, "call_at"),
  };
}
