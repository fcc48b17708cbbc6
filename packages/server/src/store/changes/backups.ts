import type {
  AddBackupPlan,
  BackupTurn,
  BeginBackup,
  FileId,
  ForgetDropped,
  Held,
  RemoveBackupPlan,
  SeedBackupTurns,
  SettleBackup,
} from "../../ports/index.ts";
import { turnOf } from "../backup-rows.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { writeDocument } from "../document.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

/** Refused for a device that is not known. */
export function addBackupPlan(db: Database, { plan, audit }: AddBackupPlan): Held {
  const { id, device, createdAt } = plan;
  if (device !== undefined && findDevice(db, device) === undefined) return { held: false };
  db.write(
    `INSERT INTO backup_plans (id, device, created_at, document) VALUES (:id, :device, :createdAt, :document)
     ON CONFLICT DO NOTHING`,
    { id, device: device ?? null, createdAt, document: writeDocument(plan) },
  );
  storeAudit(db, audit);
  return { held: true };
}

export function removeBackupPlan(db: Database, { plan, audit }: RemoveBackupPlan): Held {
  if (db.run("DELETE FROM backup_plans WHERE id = :plan", { plan }) === 0)
    return { held: hasAudit(db, audit) };
  storeAudit(db, audit);
  return { held: true };
}

/** A plan or a device may be gone by now. */
export function seedBackupTurns(db: Database, { turns }: SeedBackupTurns): Held {
  for (const { plan, device, nextAt } of turns) {
    db.write(
      `INSERT INTO backup_turns (plan, device, next_at) SELECT :plan, :device, CAST(:nextAt AS BIGINT)
       WHERE EXISTS (SELECT 1 FROM backup_plans WHERE id = :plan)
         AND EXISTS (SELECT 1 FROM devices WHERE key = :device)
       ON CONFLICT DO NOTHING`,
      { plan, device, nextAt },
    );
  }
  return { held: true };
}

export function beginBackup(db: Database, change: BeginBackup): Held {
  const { plan, device, from, nextAt, outcome, events } = change;
  const turn = findTurn(db, change);
  if (turn === undefined) return { held: false };
  const isDone =
    turn.nextAt === nextAt && (outcome.type === "not-begun" || turn.operation === outcome.operation);
  if (isDone) return { held: true };
  if (turn.nextAt !== from || turn.operation !== undefined) return { held: false };
  const key = { plan, device };
  db.write("UPDATE backup_turns SET next_at = :nextAt WHERE plan = :plan AND device = :device", {
    ...key,
    nextAt,
  });
  if (outcome.type === "begun") {
    db.write("UPDATE backup_turns SET operation = :operation WHERE plan = :plan AND device = :device", {
      ...key,
      operation: outcome.operation,
    });
  } else keepResult(db, { ...change, result: outcome.result });
  storeEvents(db, events);
  return { held: true };
}

export function settleBackup(db: Database, change: SettleBackup): Held {
  const { device, operation, result, stands, drop, events } = change;
  const turn = findTurn(db, change);
  if (turn === undefined) return { held: false };
  if (turn.operation !== operation) return { held: turn.last?.operation === operation };
  keepResult(db, change);
  if (stands !== undefined) {
    db.write(
      `INSERT INTO backups (device, file, taken_at, last_at) VALUES (:device, :file, :at, :at)
       ON CONFLICT (device, file) DO UPDATE SET last_at = excluded.last_at, unchanged = backups.unchanged + 1`,
      { device, file: stands, at: result.at },
    );
  }
  for (const file of drop) dropFile(db, file);
  storeEvents(db, events);
  return { held: true };
}

export function forgetDropped(db: Database, { files }: ForgetDropped): Held {
  for (const file of files) db.write("DELETE FROM dropped_files WHERE file = :file", { file });
  return { held: true };
}

type TurnKey = Pick<BackupTurn, "plan" | "device">;

function findTurn(db: Database, { plan, device }: TurnKey): BackupTurn | undefined {
  const row = db.get("SELECT * FROM backup_turns WHERE plan = :plan AND device = :device", { plan, device });
  return row === undefined ? undefined : turnOf(row);
}

/** Nothing of the turn is under way any more. */
function keepResult(db: Database, { plan, device, result }: TurnKey & Pick<SettleBackup, "result">): void {
  db.write(
    `UPDATE backup_turns SET operation = NULL, failed = :failed, last = :last
     WHERE plan = :plan AND device = :device`,
    { plan, device, failed: Number(result.type === "failed"), last: writeDocument(result) },
  );
}

/** The file is removed once this is stored, by whoever finds it among the dropped. */
function dropFile(db: Database, file: FileId): void {
  db.write("DELETE FROM backups WHERE file = :file", { file });
  db.write("INSERT INTO dropped_files (file) VALUES (:file) ON CONFLICT DO NOTHING", { file });
}
