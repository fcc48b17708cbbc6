import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import {
  UPLOAD_REFERENCE,
  type BackupPlan,
  type BackupResult,
  type DeviceCall,
  type FileComparison,
  type FileId,
  type FileRecord,
  type LearnedParameters,
  type NewEvent,
  type OperationRecord,
} from "../ports/index.ts";

/**
 * When the device's turn comes after `now`. Each device has its own moment within the plan's spread, always the same one, so
 * that neither a restart nor another process moves it.
 */
export function nextTurn(
  { id, createdAt, everyMs, spreadMs }: BackupPlan,
  device: DeviceKey,
  now: number,
): number {
  const first = createdAt + Math.floor(spreadMs * shareOf(`${id}/${device}`));
  return now < first ? first : first + (Math.floor((now - first) / everyMs) + 1) * everyMs;
}

/** The call that has the device send its configuration to us. */
export function backupCall(kind: string): DeviceCall {
  const params: JsonObject = {
    FileType: kind,
    URL: UPLOAD_REFERENCE,
    Username: "",
    Password: "",
    DelaySeconds: 0,
  };
  return { method: "Upload", params };
}

/** Where the data model tells of configurations that can be restored from a backup, if it does. */
export const CONFIG_FILES = "DeviceInfo.VendorConfigFile.";

const OLD_KIND = "1 Vendor Configuration File";

/**
 * The type of file that a backup of the device is. Newer data models number the configurations, and name the one that is for
 * backups; others have but one, and know the old type alone [CWMP 1.4 A.4.1.5].
 */
export function backupKind(known: LearnedParameters): string {
  for (const [object, leaves] of Object.entries(known)) {
    const [, instance] = /\.VendorConfigFile\.(\d+)\.$/.exec(object) ?? [];
    const { value } = leaves["UseForBackupRestore"] ?? {};
    if (instance !== undefined && isTrue(value)) return `3 Vendor Configuration File ${instance}`;
  }
  return OLD_KIND;
}

/** What there is to know of a turn whose operation has ended. */
export interface EndedTurn {
  /** Undefined where it is gone. */
  readonly operation: OperationRecord | undefined;
  /** What the device sent. */
  readonly sent: FileRecord | undefined;
  /** The backups of that kind that stand, newest first. */
  readonly standing: readonly FileRecord[];
  readonly keep: number;
}

/** What is made of a turn that has ended. */
export interface TurnEnd {
  readonly type: BackupResult["type"];
  readonly reason?: string;
  readonly stands?: FileId;
  /** What stood until now, and differs. */
  readonly replaces?: FileRecord;
  readonly drop: readonly FileId[];
}

/**
 * A file that came whole is a backup, also where the device never said so; one that the device calls a failure is none. What
 * came before without a change stands once, and of what differs as many as are to be kept.
 */
export function endTurn({ operation, sent, standing, keep }: EndedTurn): TurnEnd {
  if (sent === undefined || operation === undefined || operation.state === "faulted") {
    return { type: "failed", reason: failureOf(operation), drop: sent === undefined ? [] : [sent.id] };
  }
  const [newest] = standing;
  if (newest?.sha256 === sent.sha256) {
    return { type: "unchanged", stands: newest.id, drop: newest.id === sent.id ? [] : [sent.id] };
  }
  const drop = standing.slice(Math.max(0, keep - 1)).map(({ id }) => id);
  return { type: "changed", stands: sent.id, drop, ...(newest === undefined ? {} : { replaces: newest }) };
}

/** What is told of a turn's end: nothing of what the files hold. */
export function backupEvent(
  { type, reason, stands, replaces }: TurnEnd,
  {
    comparison,
    ...told
  }: Pick<NewEvent, "at" | "device"> & {
    readonly comparison: FileComparison | undefined;
  },
): readonly NewEvent[] {
  if (type === "failed") {
    return [{ ...told, name: "backup-failed", data: reason === undefined ? {} : { reason } }];
  }
  if (type === "unchanged" || stands === undefined || replaces === undefined) return [];
  const lines = comparison?.type === "text" ? { added: comparison.added, removed: comparison.removed } : {};
  return [{ ...told, name: "backup-changed", data: { from: replaces.id, to: stands, ...lines } }];
}

function failureOf(operation: OperationRecord | undefined): string {
  if (operation === undefined) return "its operation is gone";
  const { reason, outcomes, state } = operation;
  const fault = outcomes.at(-1)?.fault;
  if (fault !== undefined) return `the device refused with fault ${fault.code} ${fault.message}`.trimEnd();
  return reason ?? (state === "done" ? "the device says that it is done, and sent nothing" : state);
}

function isTrue(value: unknown): boolean {
  const bare: unknown = Array.isArray(value) ? value[0] : value;
  return bare === true || bare === "true" || bare === "1" || bare === 1;
}

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

/** In [0, 1), spread evenly over texts that hardly differ; FNV-1a, its bits mixed once more. */
function shareOf(text: string): number {
  let hash = BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
