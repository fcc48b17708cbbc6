import type { DeviceKey } from "@heliograph/protocol";
import type { OperationEnd } from "./call-changes.ts";
import type { OperationId } from "./ids.ts";
import type { AuditEntry, NewEvent } from "./records.ts";
import type { TransferProgress, TransferState } from "./transfers.ts";

/** A transfer goes from one state to another. Not held where it is not `from` any more. */
export interface SettleTransfer {
  readonly operation: OperationId;
  readonly device: DeviceKey;
  readonly from: TransferState;
  readonly state: TransferState;
  readonly end: OperationEnd;
  /** The device's own report, which is stored once, and only from whoever has not lost its rights since. */
  readonly report?: { readonly key: string; readonly credentialVersion: number };
  readonly audit?: AuditEntry;
  readonly events: readonly NewEvent[];
}

/** Our file server saw more of a transfer. What a device has sent once is not replaced: then it is not held. */
export interface RecordProgress {
  readonly operation: OperationId;
  readonly progress: TransferProgress;
  readonly events: readonly NewEvent[];
}
