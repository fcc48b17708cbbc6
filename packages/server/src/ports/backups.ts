import type { Brand, DeviceKey } from "@heliograph/protocol";
import type { FileId } from "./files.ts";
import type { OperationId } from "./ids.ts";
import type { AuditEntry, NewEvent } from "./records.ts";

export type BackupPlanId = Brand<string, "BackupPlanId">;

const PLAN_ID = /^[0-9a-f]{16}$/;

export function backupPlanId(hex: string): BackupPlanId | undefined {
  return PLAN_ID.test(hex) ? (hex as BackupPlanId) : undefined;
}

/** Which devices send their configurations, how often, and how many of them are kept. */
export interface BackupPlan {
  readonly id: BackupPlanId;
  /** The one that it is for; left out, every device that is approved. */
  readonly device?: DeviceKey;
  readonly everyMs: number;
  /** Devices have their turns spread over so long, each at its own moment, so that they do not all come at once. */
  readonly spreadMs: number;
  /** How many of a device's backups stand at most. */
  readonly keep: number;
  /** The type of file, as CWMP writes it; left out, what the device's data model says that it takes. */
  readonly kind?: string;
  readonly manager: string;
  readonly createdAt: number;
}

/** Where a plan stands with one of its devices. */
export interface BackupTurn {
  readonly plan: BackupPlanId;
  readonly device: DeviceKey;
  readonly nextAt: number;
  /** What was begun, and is not settled. */
  readonly operation?: OperationId;
  readonly last?: BackupResult;
}

export interface BackupResult {
  readonly type: "changed" | "unchanged" | "failed";
  readonly at: number;
  /** Left out where none could be begun. */
  readonly operation?: OperationId;
  /** Why it failed. */
  readonly reason?: string;
}

/** A configuration that stands. What the device sent again without a change stands once. */
export interface BackupRecord {
  readonly device: DeviceKey;
  readonly file: FileId;
  readonly takenAt: number;
  /** When the device last sent the same. */
  readonly lastAt: number;
  /** How often it sent the same after the first time. */
  readonly unchanged: number;
}

/** What there is to say of a plan as a whole. */
export interface BackupPlanStanding {
  readonly plan: BackupPlan;
  readonly devices: number;
  /** Devices that were asked, and have not been settled. */
  readonly running: number;
  /** Devices whose last turn failed. */
  readonly failed: number;
}

export interface DeviceBackups {
  /** The newest first. */
  readonly backups: readonly BackupRecord[];
  readonly turns: readonly BackupTurn[];
}

export interface BackupWorkQuery {
  readonly now: number;
  /** An operation that was made before, and still waits for its device, does not count as running. */
  readonly since: number;
  /** Of each kind of work, at most. */
  readonly limit: number;
}

/** All that is to be seen to for backups, of one moment. */
export interface BackupWork {
  readonly plans: readonly BackupPlan[];
  /** Devices that a plan is for, and has no turn for yet. */
  readonly joining: readonly Pick<BackupTurn, "plan" | "device">[];
  /** Turns whose time has come, and of which nothing is under way, the longest waiting first. */
  readonly due: readonly BackupTurn[];
  /** Turns whose operation has ended, or is gone. */
  readonly ended: readonly BackupTurn[];
  readonly running: number;
  /** Files that are backups no more, and are to be removed. */
  readonly dropped: readonly FileId[];
}

/** What the store can be asked for about backups. */
export interface BackupReads {
  /** In the order in which they were made. */
  backupPlans(): Promise<readonly BackupPlanStanding[]>;
  backups(device: DeviceKey): Promise<DeviceBackups>;
  backupWork(query: BackupWorkQuery): Promise<BackupWork>;
}

/** The store's changes of backups, all of them conditional. */
export type BackupChanges = {
  readonly [T in keyof BackupBodies]: {
    readonly change: BackupBodies[T];
    readonly result: { readonly held: boolean };
  };
};

interface BackupBodies {
  readonly "add-backup-plan": AddBackupPlan;
  readonly "remove-backup-plan": RemoveBackupPlan;
  readonly "seed-backup-turns": SeedBackupTurns;
  readonly "begin-backup": BeginBackup;
  readonly "settle-backup": SettleBackup;
  readonly "forget-dropped": ForgetDropped;
}

/** Refused for a device that is not known. */
export interface AddBackupPlan {
  readonly plan: BackupPlan;
  readonly audit: AuditEntry;
}

/** What the plan brought stays; what is under way goes on, and is a file like any other. */
export interface RemoveBackupPlan {
  readonly plan: BackupPlanId;
  readonly audit: AuditEntry;
}

/** Turns that are there already stay as they are. */
export interface SeedBackupTurns {
  readonly turns: readonly Pick<BackupTurn, "plan" | "device" | "nextAt">[];
}

/** A turn has come: the next one is at `nextAt`. Refused where it stands elsewhere than at `from`. */
export interface BeginBackup {
  readonly plan: BackupPlanId;
  readonly device: DeviceKey;
  readonly from: number;
  readonly nextAt: number;
  /** What was begun, or why nothing was. */
  readonly outcome:
    | { readonly type: "begun"; readonly operation: OperationId }
    | { readonly type: "not-begun"; readonly result: BackupResult };
  readonly events: readonly NewEvent[];
}

/** What came of a turn. Refused where another operation is under way. */
export interface SettleBackup {
  readonly plan: BackupPlanId;
  readonly device: DeviceKey;
  readonly operation: OperationId;
  readonly result: BackupResult;
  /** The file that stands, whether it is new or the device sent it before. */
  readonly stands?: FileId;
  /** Files that do not stand any more, or never did. */
  readonly drop: readonly FileId[];
  readonly events: readonly NewEvent[];
}

/** Files that were to be removed are. */
export interface ForgetDropped {
  readonly files: readonly FileId[];
}
