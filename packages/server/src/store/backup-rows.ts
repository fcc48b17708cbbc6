import type { DeviceKey } from "@heliograph/protocol";
import type {
  BackupPlan,
  BackupPlanId,
  BackupPlanStanding,
  BackupRecord,
  BackupResult,
  BackupTurn,
  BackupWork,
  BackupWorkQuery,
  DeviceBackups,
  FileId,
  OperationId,
} from "../ports/index.ts";
import type { Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { integer, optionalText, present, text, type Row } from "./row.ts";

export function findBackupPlans(db: Database): readonly BackupPlanStanding[] {
  const rows = db.all(
    `SELECT p.document, count(t.device) AS devices, count(t.operation) AS running,
       coalesce(sum(t.failed), 0) AS failed
     FROM backup_plans p LEFT JOIN backup_turns t ON t.plan = p.id
     GROUP BY p.id ORDER BY p.created_at, p.id`,
  );
  return rows.map((row) => ({
    plan: planOf(row),
    devices: integer(row, "devices"),
    running: integer(row, "running"),
    failed: integer(row, "failed"),
  }));
}

export function findBackups(db: Database, device: DeviceKey): DeviceBackups {
  const backups = db.all("SELECT * FROM backups WHERE device = :device ORDER BY taken_at DESC, file", {
    device,
  });
  const turns = db.all("SELECT * FROM backup_turns WHERE device = :device ORDER BY plan", { device });
  return { backups: backups.map(backupOf), turns: turns.map(turnOf) };
}

export function findBackupWork(db: Database, { now, since, limit }: BackupWorkQuery): BackupWork {
  const joining = db.all(
    `SELECT p.id AS plan, d.key AS device FROM backup_plans p
       JOIN devices d ON d.approval = 'approved' AND (p.device IS NULL OR p.device = d.key)
     WHERE NOT EXISTS (SELECT 1 FROM backup_turns t WHERE t.plan = p.id AND t.device = d.key)
     LIMIT :limit`,
    { limit },
  );
  const due = db.all(
    `SELECT * FROM backup_turns WHERE operation IS NULL AND next_at <= :now
     ORDER BY next_at, device LIMIT :limit`,
    { now, limit },
  );
  const ended = db.all(
    `SELECT t.* FROM backup_turns t LEFT JOIN operations o ON o.id = t.operation
     WHERE t.operation IS NOT NULL AND (o.id IS NULL OR o.ended_at IS NOT NULL) LIMIT :limit`,
    { limit },
  );
  const dropped = db.all("SELECT file FROM dropped_files LIMIT :limit", { limit });
  return {
    plans: db.all("SELECT document FROM backup_plans ORDER BY created_at, id").map(planOf),
    joining: joining.map((row) => ({
      plan: text(row, "plan") as BackupPlanId,
      device: text(row, "device") as DeviceKey,
    })),
    due: due.map(turnOf),
    ended: ended.map(turnOf),
    running: countRunning(db, since),
    dropped: dropped.map((row) => text(row, "file") as FileId),
  };
}

/** A device that does not come does not keep others from their turns. */
function countRunning(db: Database, since: number): number {
  const row = db.get(
    `SELECT count(*) AS running FROM backup_turns t JOIN operations o ON o.id = t.operation
     WHERE t.operation IS NOT NULL AND o.ended_at IS NULL AND (o.state <> 'queued' OR o.created_at > :since)`,
    { since },
  );
  return row === undefined ? 0 : integer(row, "running");
}

function planOf(row: Row): BackupPlan {
  return readDocument(text(row, "document") as Document<BackupPlan>);
}

export function turnOf(row: Row): BackupTurn {
  const operation = optionalText(row, "operation");
  const last = optionalText(row, "last");
  return present({
    plan: text(row, "plan") as BackupPlanId,
    device: text(row, "device") as DeviceKey,
    nextAt: integer(row, "next_at"),
    operation: operation === undefined ? undefined : (operation as OperationId),
    last: last === undefined ? undefined : readDocument(last as Document<BackupResult>),
  });
}

function backupOf(row: Row): BackupRecord {
  return {
    device: text(row, "device") as DeviceKey,
    file: text(row, "file") as FileId,
    takenAt: integer(row, "taken_at"),
    lastAt: integer(row, "last_at"),
    unchanged: integer(row, "unchanged"),
  };
}
