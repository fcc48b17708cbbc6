import type { DeviceKey, RpcOutcome } from "@heliograph/protocol";
import type { CallId, ConnectionId, OperationId } from "./ids.ts";
import type { EndState } from "./operation-state.ts";
import type { Fenced } from "./owner-changes.ts";
import type { AuditEntry, Claim, Lesson, NewEvent } from "./records.ts";
import type { RefreshPlan } from "./refresh.ts";
import type { Strain } from "./strain.ts";
import type { TransferState } from "./transfers.ts";

/** The pair that whoever calls or changes an operation must hold. */
export interface Pair {
  readonly connection: ConnectionId;
  readonly generation: number;
}

export interface ClaimCall {
  readonly operation: OperationId;
  readonly device: DeviceKey;
  readonly claim: Claim;
  readonly events: readonly NewEvent[];
}

export interface ReleaseCall extends Fenced {
  readonly operation: OperationId;
  readonly callId: CallId;
  /** How a refresh goes on after an RPC that was not answered. */
  readonly refresh?: RefreshPlan;
  readonly events: readonly NewEvent[];
}

export interface RecordOutcome extends Pair {
  readonly operation: OperationId;
  readonly device: DeviceKey;
  readonly callId: CallId;
  readonly outcome: RpcOutcome;
  readonly lesson?: Lesson;
  /** How a refresh goes on. */
  readonly refresh?: RefreshPlan;
  /** Set where this outcome ends the operation, else it is queued for its next RPC. */
  readonly end?: OperationEnd;
  /** Set where the device is to tell later what comes of it: the operation leaves the queue, and goes on. */
  readonly transfer?: TransferState;
  readonly events: readonly NewEvent[];
}

export interface ReplanRefresh extends Fenced {
  readonly operation: OperationId;
  readonly refresh: RefreshPlan;
}

export interface RecordStrain {
  readonly device: DeviceKey;
  readonly strain?: Strain;
  readonly events: readonly NewEvent[];
}

export interface RelieveDevice {
  readonly device: DeviceKey;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}

export interface OperationEnd {
  readonly state: EndState;
  readonly at: number;
  readonly reason?: string;
}

export interface EndOperation extends Fenced {
  readonly operation: OperationId;
  /** Only where the operation is still in this state. */
  readonly from: "queued" | "running";
  readonly end: OperationEnd;
  /** The outcome that evidence gave, where it did. */
  readonly outcome?: RpcOutcome;
  readonly audit?: AuditEntry;
  readonly events: readonly NewEvent[];
}
