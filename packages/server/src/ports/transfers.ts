import type { FileId } from "./files.ts";

export const transferKinds = ["Download", "Upload", "ScheduleDownload"] as const;
export type TransferKind = (typeof transferKinds)[number];

export function isTransferKind(method: string): method is TransferKind {
  return transferKinds.some((kind) => kind === method);
}

/** What is known before the device is asked. */
export interface TransferPlan {
  readonly kind: TransferKind;
  readonly commandKey: string;
  /** How long the device may take from its answer on to say what came of it. */
  readonly patienceMs: number;
  /** One of ours that it is to fetch. */
  readonly file?: FileId;
  /** What the device said that it runs when it was to be asked. */
  readonly softwareBefore?: string;
  /** The same when the transfer came to its end. */
  readonly softwareAfter?: string;
}

/** A file on its way, from the call that asks for it to what the device says came of it [CWMP 1.4 A.3.2.8, A.3.3.2]. */
export interface TransferRecord extends TransferPlan {
  readonly state: TransferState;
  readonly progress?: TransferProgress;
}

export type TransferState =
  | { readonly name: "asked" }
  /** The device said that it would; past `until` nobody waits any more. */
  | { readonly name: "transferring"; readonly until: number }
  /** Ends by a report can be told from each other; an end without one may be corrected by one that comes late. */
  | {
      readonly name: "ended";
      readonly how: TransferEnd;
      readonly at: number;
      readonly report?: TransferReport;
    };

export type TransferEnd = "completed" | "failed" | "cancelled" | "outcome-unknown";

/** What a TransferComplete says. */
export interface TransferReport {
  readonly commandKey: string;
  readonly faultCode: number;
  readonly faultString?: string;
  /** As the device wrote them: its clock may be wrong, and writes the same twice all the same. */
  readonly startTime: string;
  readonly completeTime: string;
}

/** What our own file server saw of it. */
export interface TransferProgress {
  /** How far into the file the device has read, or how many bytes it sent. */
  readonly bytes: number;
  readonly of: number;
  readonly at: number;
  /** When it began, where that was earlier. */
  readonly since?: number;
  /** What the device sent. */
  readonly received?: FileId;
}

/** Where a call names a file of ours; it becomes a link as the call leaves. */
const FILE_REFERENCE = /^heliograph:files\/([0-9a-f]{16})$/;
/** Where a call asks for a file to be sent to us. */
export const UPLOAD_REFERENCE = "heliograph:uploads";

export function fileReference(id: FileId): string {
  return `heliograph:files/${id}`;
}

/** The digits of the file that a URL names; undefined where it names none of ours. */
export function referredFile(url: string): string | undefined {
  return FILE_REFERENCE.exec(url)?.[1];
}
