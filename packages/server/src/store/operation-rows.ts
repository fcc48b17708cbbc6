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
import { listed, type Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { choice, flag, integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";
import { transferOf } from "./transfer-rows.ts";

export function findOperation(db: Database, id: OperationId): OperationRecord | undefined {
  const row = db.get("SELECT * FROM operations WHERE id = :id", { id });
  return row === undefined ? undefined : operationsOf(db, [row])[0];
}

const OPEN = "ended_at IS NULL AND state <> 'transferring'";

/** Of a device's row, whether {@link findOpenOperations} finds any: of most there are none. */
export const HAS_OPEN_OPERATIONS = `CAST(EXISTS (
  SELECT 1 FROM operations WHERE device = devices.key AND ${OPEN}
) AS INTEGER) AS has_operations`;

/** Everything of one device that waits or runs, in sequence. */
export function findOpenOperations(db: Database, device: DeviceKey): readonly OperationRecord[] {
  const rows = db.all(`SELECT * FROM operations WHERE device = :device AND ${OPEN} ORDER BY sequence`, {
    device,
  });
  return operationsOf(db, rows);
}

/** The operations of the rows, in their order; the outcomes of all are asked for at once. */
export function operationsOf(db: Database, rows: readonly Row[]): readonly OperationRecord[] {
  const outcomes = Map.groupBy(outcomeRows(db, rows), (row) => text(row, "operation"));
  return rows.map((row) => operationOf(row, outcomes.get(text(row, "id")) ?? []));
}

function operationOf(row: Row, outcomes: readonly Row[]): OperationRecord {
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
    outcomes: outcomes.map(outcomeOf),
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

/** A refresh keeps none. */
function outcomeRows(db: Database, rows: readonly Row[]): readonly Row[] {
  const ids = rows.filter((row) => row["refresh"] === null).map((row) => text(row, "id"));
  if (ids.length === 0) return [];
  const { names, values } = listed("operation", ids);
  return db.all(
    `SELECT operation, document FROM outcomes WHERE operation IN (${names}) ORDER BY operation, position`,
    values,
  );
}

function outcomeOf(row: Row): RpcOutcome {
  return readDocument(text(row, "document") as Document<RpcOutcome>);
}

function claimOf(row: Row): Claim {
  return {
    callId: text(row, "call_id") as CallId,
    connection: text(row, "call_connection") as ConnectionId,
    generation: integer(row, "call_generation"),
    at: integer(row, "call_at"),
  };
}
