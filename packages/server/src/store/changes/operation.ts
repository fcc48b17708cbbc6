import { deviceRpc, type DeviceKey } from "@heliograph/protocol";
import {
  leaseSentence,
  type AcceptAllResult,
  type AcceptOperation,
  type AcceptOperations,
  type AcceptRefusal,
  type AcceptResult,
  type DeviceCall,
  type DeviceRecord,
  type OperationId,
  type OperationRecord,
  type TransferPlan,
  type TransferRecord,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice, knownDevice } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { findOperation } from "../operation-rows.ts";
import { integer, present, text, type Row } from "../row.ts";
import { stopCircle } from "./circle.ts";
import { storeAudit, storeEvents } from "./journal.ts";
import { leaseAgainst } from "./leases.ts";

export function acceptOperation(db: Database, change: AcceptOperation): AcceptResult {
  const known = judge(db, change);
  if (known !== undefined) return known;
  const operation = storeOperation(db, change);
  return { type: "accepted", operation, device: knownDevice(db, operation.device) };
}

/** Nothing is stored before all are known to be accepted. */
export function acceptOperations(db: Database, { operations }: AcceptOperations): AcceptAllResult {
  const judged = db.apart(operations, (apart, change) => ({ change, known: judge(apart, change) }));
  for (const { change, known } of judged) {
    if (known?.type === "refused") return { ...known, device: change.operation.device };
  }
  return {
    type: "accepted",
    operations: db.apart(judged, (apart, { change, known }) =>
      known?.type === "repeated" ? known.operation : storeOperation(apart, change),
    ),
  };
}

/** What is known of the operation before it is stored; undefined where it may be. */
function judge(
  db: Database,
  change: AcceptOperation,
): Exclude<AcceptResult, { readonly type: "accepted" }> | undefined {
  const earlier = earlierAsk(db, change);
  if (earlier !== undefined) return repeated(db, change, earlier);
  const reason = refusal(db, change);
  return reason === undefined ? heldBack(db, change) : { type: "refused", reason };
}

function storeOperation(db: Database, change: AcceptOperation): OperationRecord {
  const { operation } = change;
  insertOperation(db, change);
  for (const commandKey of commandKeys(operation.rpcs)) openCommandKey(db, operation, commandKey);
  storeAudit(db, change.audit);
  storeEvents(db, change.events);
  if (operation.automatic !== undefined) stopCircle(db, operation);
  return knownOperation(db, operation.id);
}

/** The operation, which a change has just shown to be there. */
export function knownOperation(db: Database, id: OperationId): OperationRecord {
  const operation = findOperation(db, id);
  if (operation === undefined) throw new Error(`the operation ${id} has gone`);
  return operation;
}

/** The CommandKeys that stay the device's own mark of a call, and so must be told apart while the operation is open. */
export function commandKeys(rpcs: readonly DeviceCall[]): readonly string[] {
  return rpcs.flatMap(({ method, params }) => {
    const commandKey = params["CommandKey"];
    const isMark =
      deviceRpc(method)?.resend === "never" && typeof commandKey === "string" && commandKey !== "";
    return isMark ? [commandKey] : [];
  });
}

function earlierAsk(db: Database, { operation, idempotencyKey }: AcceptOperation): Row | undefined {
  const { id, manager, device } = operation;
  const sameId = db.get("SELECT * FROM operations WHERE id = :id", { id });
  if (sameId !== undefined || idempotencyKey === undefined) return sameId;
  return db.get(
    `SELECT * FROM operations
     WHERE manager = :manager AND device = :device AND idempotency_key = :idempotencyKey`,
    { manager, device, idempotencyKey },
  );
}

function repeated(
  db: Database,
  change: AcceptOperation,
  earlier: Row,
): Exclude<AcceptResult, { readonly type: "accepted" }> {
  const { manager, device } = change.operation;
  const isSame =
    text(earlier, "request_hash") === change.requestHash &&
    text(earlier, "manager") === manager &&
    text(earlier, "device") === device;
  if (!isSame) return { type: "refused", reason: "idempotency-mismatch" };
  return { type: "repeated", operation: knownOperation(db, text(earlier, "id") as OperationId) };
}

function refusal(db: Database, { operation, maxOpen }: AcceptOperation): AcceptRefusal | undefined {
  const device = findDevice(db, operation.device);
  if (device === undefined) return "unknown-device";
  if (device.approval !== "approved") return "not-approved";
  if (operation.automatic !== undefined && isLeftAlone(device, operation.createdAt)) return "left-alone";
  if (countOpen(db, operation.device) >= maxOpen) return "queue-full";
  const keys = commandKeys(operation.rpcs);
  const areAllNew =
    new Set(keys).size === keys.length && !keys.some((key) => isOpen(db, operation.device, key));
  return areAllNew ? undefined : "command-key-open";
}

/** By what asks by itself: a person may go on. */
function isLeftAlone({ strain, circle }: DeviceRecord, now: number): boolean {
  return Math.max(strain?.until ?? 0, circle?.until ?? 0) > now;
}

/** Somebody holds the device. What asks by itself leaves it alone. */
function heldBack(
  db: Database,
  { operation }: AcceptOperation,
): Extract<AcceptResult, { readonly type: "refused" }> | undefined {
  const lease = leaseAgainst(db, operation);
  if (lease === undefined) return undefined;
  if (operation.automatic !== undefined) return { type: "refused", reason: "left-alone" };
  return { type: "refused", reason: "leased", detail: leaseSentence(lease) };
}

function countOpen(db: Database, device: DeviceKey): number {
  const row = db.get("SELECT count(*) AS open FROM operations WHERE device = :device AND ended_at IS NULL", {
    device,
  });
  return row === undefined ? 0 : integer(row, "open");
}

function isOpen(db: Database, device: DeviceKey, commandKey: string): boolean {
  const found = db.get("SELECT 1 FROM command_keys WHERE device = :device AND command_key = :commandKey", {
    device,
    commandKey,
  });
  return found !== undefined;
}

function openCommandKey(
  db: Database,
  operation: { readonly id: OperationId; readonly device: DeviceKey },
  commandKey: string,
): void {
  db.write(
    "INSERT INTO command_keys (device, command_key, operation) VALUES (:device, :commandKey, :operation)",
    {
      device: operation.device,
      commandKey,
      operation: operation.id,
    },
  );
}

function insertOperation(db: Database, { operation, idempotencyKey, requestHash }: AcceptOperation): void {
  db.write(
    `INSERT INTO operations (id, device, state, rpcs, reads, attempts, manager, created_at, expires_at, ended_at, reason,
       refresh, transfer, automatic, idempotency_key, request_hash)
     VALUES (:id, :device, 'queued', :rpcs, :reads, 0, :manager, :createdAt, :expiresAt, NULL, :reason,
       :refresh, :transfer, :automatic, :idempotencyKey, :requestHash)`,
    {
      id: operation.id,
      device: operation.device,
      rpcs: writeDocument(operation.rpcs),
      reads: Number(operation.reads),
      manager: operation.manager,
      createdAt: operation.createdAt,
      expiresAt: operation.expiresAt,
      reason: operation.reason ?? null,
      refresh: operation.refresh === undefined ? null : writeDocument(operation.refresh),
      transfer: planText(operation.transfer, softwareOf(db, operation)),
      automatic: operation.automatic ?? null,
      idempotencyKey: idempotencyKey ?? null,
      requestHash,
    },
  );
}

/** Of a transfer what is known before it begins. */
function planText(transfer: TransferRecord | undefined, softwareBefore: string | undefined): string | null {
  if (transfer === undefined) return null;
  const { kind, commandKey, patienceMs, file } = transfer;
  const plan: TransferPlan = present({ kind, commandKey, patienceMs, file, softwareBefore });
  return writeDocument(plan);
}

/** What a device runs that is to fetch a file. */
function softwareOf(
  db: Database,
  { device, transfer }: Pick<OperationRecord, "device" | "transfer">,
): string | undefined {
  if (transfer === undefined || transfer.kind === "Upload") return undefined;
  return findDevice(db, device)?.facts.softwareVersion;
}
