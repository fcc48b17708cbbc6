import type { DeviceId, DeviceKey, JsonObject, ParameterValues, RpcOutcome } from "@heliograph/protocol";
import type { RequestPattern, RequestSubject, Subject, SubjectPattern } from "./bus.ts";
import type { CallId, ConnectionId, EngineId, GatewayId, OperationId } from "./ids.ts";
import type { OperationState } from "./operation-state.ts";
import type { AcceptRefusal, DeviceCall, DeviceStyle, OperationRecord, WakeOutcome } from "./records.ts";

/** The bus contract: every subject, and what it carries. Values are plain JSON; times are milliseconds since 1970. */
export const subjects = {
  /** Asks the ACS to call RPCs on a device: the door for managers and other systems. */
  rpc: (device: DeviceKey) => request<RpcAsk, RpcReply>(`hg.v1.device.${device}.rpc`),
  everyRpc: requestPattern<RpcAsk, RpcReply>("hg.v1.device.*.rpc"),
  cancel: (id: OperationId) => request<CancelAsk, CancelReply>(`hg.v1.operation.${id}.cancel`),
  everyCancel: requestPattern<CancelAsk, CancelReply>("hg.v1.operation.*.cancel"),
  /** A gateway announces a connection; the engine that answers owns it. */
  announce: request<Announcement, AnnounceReply>("hg.v1.engine.announce"),
  /** The gateway says that a connection can take a call, and how the last one ended; the owner answers with the next. */
  next: (engine: EngineId) => request<NextAsk, NextReply>(`hg.v1.engine.${engine}.next`),
  /** What a device reports by its own requests; answered once it is durable. */
  report: (engine: EngineId) => request<Report, ReportReply>(`hg.v1.engine.${engine}.report`),
  /** The gateway lost the connection, or ended it. */
  closed: (engine: EngineId) => subject<Closed>(`hg.v1.engine.${engine}.closed`),
  everyClosed: (engine: EngineId) => pattern<Closed>(`hg.v1.engine.${engine}.closed`),
  /** Asks for a connection request; answered when it went well or failed. */
  wake: request<WakeAsk, WakeOutcome>("hg.v1.wake"),
  deviceEvent: (device: DeviceKey, name: string) => subject<BusEvent>(`hg.v1.device.${device}.event.${name}`),
  everyDeviceEvent: pattern<BusEvent>("hg.v1.device.*.event.>"),
  operationChanged: (id: OperationId) => subject<OperationChanged>(`hg.v1.operation.${id}.changed`),
  operationChanges: (id: OperationId) => pattern<OperationChanged>(`hg.v1.operation.${id}.changed`),
  everyOperationChange: pattern<OperationChanged>("hg.v1.operation.*.changed"),
} as const;

/** Queue groups: of those that join one, each message reaches exactly one. */
export const queues = { engine: "engine", wake: "wake" } as const;

export interface RpcAsk {
  /** Made by the asker, so that it can listen before it asks; 32 hexadecimal digits. */
  readonly id: OperationId;
  readonly rpcs: readonly DeviceCall[];
  /** Who asks, for the audit log. */
  readonly manager: string;
  /** How long the answer may wait for the operation's end; 0 answers as soon as it is stored. */
  readonly waitMs: number;
  /** When it is given up. Left out: the ACS's default. */
  readonly expiresAt?: number;
  readonly idempotencyKey?: string;
}

export type RpcReply =
  | { readonly type: "operation"; readonly operation: OperationRecord; readonly repeated: boolean }
  | { readonly type: "refused"; readonly reason: AcceptRefusal; readonly detail: string };

export interface CancelAsk {
  readonly manager: string;
}

export type CancelReply =
  | { readonly type: "cancelled"; readonly operation: OperationRecord }
  | { readonly type: "refused"; readonly reason: "unknown" | "running" | "ended" };

/** A device's Inform, authenticated and approved. */
export interface Announcement {
  readonly device: DeviceKey;
  readonly deviceId: DeviceId;
  readonly connection: ConnectionId;
  readonly gateway: GatewayId;
  /** Where the Inform came from, as far as we trust what says so. */
  readonly address: string;
  readonly at: number;
  readonly events: readonly InformEvent[];
  readonly parameters: ParameterValues;
  /** How this device writes, so that it is answered in kind. */
  readonly style: DeviceStyle;
}

export interface InformEvent {
  readonly code: string;
  readonly commandKey: string;
}

export type AnnounceReply =
  | { readonly type: "owned"; readonly engine: EngineId; readonly generation: number }
  | { readonly type: "refused"; readonly reason: "unknown-device" | "not-approved" };

export interface NextAsk {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  /** How the call that was outstanding on this connection ended; left out where none was. */
  readonly ended?: EndedCall;
}

export interface EndedCall {
  readonly callId: CallId;
  readonly outcome: CallOutcome;
}

/**
 * What a gateway knows of a call: the device's answer or fault; that no byte of it left (`not-sent`); or that it may have
 * arrived, but nothing came back (`no-answer`).
 */
export type CallOutcome =
  | { readonly type: "answered"; readonly outcome: RpcOutcome }
  | { readonly type: "not-sent" }
  | { readonly type: "no-answer"; readonly detail: string };

export type NextReply =
  | { readonly type: "call"; readonly call: Call }
  | { readonly type: "nothing" }
  /** Somebody else owns the device by now: make no calls, close the connection. */
  | { readonly type: "superseded" };

export interface Call {
  readonly callId: CallId;
  readonly method: string;
  readonly params: JsonObject;
}

export interface Report {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  readonly at: number;
  readonly method: string;
  readonly params: JsonObject;
}

export type ReportReply = { readonly type: "stored" } | { readonly type: "superseded" };

export interface Closed {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  readonly ended?: EndedCall;
}

export interface WakeAsk {
  readonly device: DeviceKey;
}

/** A stored event as subscribers get it; `id` only rises. */
export interface BusEvent {
  readonly id: number;
  readonly at: number;
  readonly device: DeviceKey;
  readonly name: string;
  readonly data: JsonObject;
}

export interface OperationChanged {
  readonly id: number;
  readonly at: number;
  readonly device: DeviceKey;
  readonly operation: OperationId;
  readonly state: OperationState;
}

function subject<M>(name: string): Subject<M> {
  return name as Subject<M>;
}
function pattern<M>(name: string): SubjectPattern<M> {
  return name as SubjectPattern<M>;
}
function request<Q, A>(name: string): RequestSubject<Q, A> {
  return name as RequestSubject<Q, A>;
}
function requestPattern<Q, A>(name: string): RequestPattern<Q, A> {
  return name as RequestPattern<Q, A>;
}
