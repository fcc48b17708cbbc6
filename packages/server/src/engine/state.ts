import type { DeviceKey } from "@heliograph/protocol";
import type {
  CallId,
  ChangeOf,
  ChangeType,
  ConnectionId,
  DeviceCall,
  DeviceRecord,
  EndedCall,
  InformEvent,
  OperationId,
  OperationRecord,
  WakeOutcome,
  WakeStatus,
} from "../ports/index.ts";

/** What the engine holds of a device that has a session open or work waiting; all of it is in the store as well. */
export interface DeviceState {
  readonly key: DeviceKey;
  readonly connection?: LiveConnection;
  /** Operations that have not ended, in sequence; the first one runs. */
  readonly queue: readonly OperationRecord[];
  readonly wake: WakeStatus;
  /** The connection request that is out; `overtaken` where the device opened a session before its outcome was known. */
  readonly waking?: "out" | "overtaken";
}

export interface LiveConnection {
  readonly id: ConnectionId;
  readonly generation: number;
  /** Whether the device must be given credentials of its own before anything else. */
  readonly credentials: "settled" | "wanted" | "tried";
  /** The call that is out on it. */
  readonly out?: OutCall;
}

export interface OutCall {
  readonly callId: CallId;
  readonly for: "operation" | "credentials";
}

/** Everything that can happen to a device. `now` is milliseconds since 1970. */
export type DeviceInput =
  | {
      readonly type: "opened";
      readonly now: number;
      readonly connection: ConnectionId;
      readonly generation: number;
      readonly device: DeviceRecord;
      readonly operations: readonly OperationRecord[];
      readonly events: readonly InformEvent[];
    }
  | {
      /** The connection can take a call; `fresh` is the id of the next one. */
      readonly type: "ready";
      readonly now: number;
      readonly connection: ConnectionId;
      readonly generation: number;
      readonly ended?: EndedCall;
      readonly fresh: CallId;
    }
  | {
      readonly type: "closed";
      readonly now: number;
      readonly connection: ConnectionId;
      readonly generation: number;
      readonly ended?: EndedCall;
    }
  | { readonly type: "accepted"; readonly now: number; readonly operation: OperationRecord }
  | {
      readonly type: "cancel";
      readonly now: number;
      readonly operation: OperationId;
      readonly manager: string;
    }
  | { readonly type: "woken"; readonly now: number; readonly outcome: WakeOutcome }
  /** An earlier engine left work for this device. */
  | { readonly type: "resumed"; readonly now: number }
  | { readonly type: "time"; readonly now: number };

/** What the loop does for a decision, one after the other. A commit that is not held ends the decision. */
export type DeviceEffect =
  | { readonly type: "commit"; readonly change: Change }
  | { readonly type: "call"; readonly callId: CallId; readonly call: DeviceCall }
  | { readonly type: "send-credentials"; readonly callId: CallId }
  | {
      readonly type: "settle-credentials";
      readonly accepted: boolean;
      readonly detail: string;
      readonly now: number;
    }
  | { readonly type: "reply"; readonly reply: "nothing" | "superseded" }
  | { readonly type: "answer-cancel"; readonly answer: "cancelled" | "running" | "ended" }
  | { readonly type: "wake" };

export type Change = { [T in ChangeType]: { readonly type: T; readonly change: ChangeOf<T> } }[ChangeType];

export interface Decision {
  readonly state: DeviceState;
  readonly effects: readonly DeviceEffect[];
}

/** A device with nothing to do: the loop forgets it. */
export function isIdle(state: DeviceState): boolean {
  return state.connection === undefined && state.queue.length === 0 && state.waking === undefined;
}
