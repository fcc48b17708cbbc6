import type { Backup, BackupDiff, BackupPlan, BackupTurn } from "@heliograph/api";
import type {
  BackupPlanStanding,
  BackupRecord,
  BackupTurn as TurnRecord,
  FileComparison,
  FileRecord,
} from "../ports/index.ts";
import { present } from "./present.ts";
import { showTime } from "./show-time.ts";

const SECOND_MS = 1_000;

export function showBackupPlan({ plan, devices, running, failed }: BackupPlanStanding): BackupPlan {
  const { id, device, everyMs, spreadMs, keep, kind, manager, createdAt } = plan;
  return present({
    ...{ id, device, keep, kind, manager },
    every: everyMs / SECOND_MS,
    spread: spreadMs / SECOND_MS,
    created: showTime(createdAt),
    standing: { devices, running, failed },
  });
}

/** A backup with the file that it is. */
export interface StandingBackup {
  readonly backup: BackupRecord;
  readonly file: FileRecord;
}

export function showBackup({ backup, file }: StandingBackup): Backup {
  const { id, kind, bytes, sha256 } = file;
  const { takenAt, lastAt, unchanged } = backup;
  return { file: id, kind, bytes, sha256, taken: showTime(takenAt), last: showTime(lastAt), unchanged };
}

export function showTurn({ plan, nextAt, operation, last }: TurnRecord): BackupTurn {
  return present({ plan, next: showTime(nextAt), operation, last: last && showResult(last) });
}

function showResult({ type, at, operation, reason }: NonNullable<TurnRecord["last"]>) {
  return present({ result: type, at: showTime(at), operation, reason });
}

export function showComparison(
  { from, to }: { readonly from: StandingBackup; readonly to: StandingBackup },
  comparison: FileComparison,
): BackupDiff {
  const shown = { from: showBackup(from), to: showBackup(to), difference: comparison.type };
  if (comparison.type !== "text") return shown;
  const { added, removed, unified } = comparison;
  return { ...shown, added, removed, unified };
}
