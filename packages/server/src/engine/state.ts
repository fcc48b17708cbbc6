import type { DeviceKey } from "@heliograph/protocol";
import type {
  CallId,
  ChangeOf,
  ChangeType,
  Closed,
  ConnectionId,
  DeviceCall,
  DeviceConnection,
  DeviceRecord,
  EndedCall,
  Fenced,
  GatewayId,
  InformEvent,
  LightOffer,
  OpenedDevice,
  OperationId,
  OperationRecord,
  Strain,
  WakeOutcome,
  WakeStatus,
} from "../ports/index.ts";

/** What the engine holds of a device that has a connection or work waiting; all of it is in the store as well. */
export interface DeviceState {
  readonly key: DeviceKey;
  /** As it was when the device was taken: whatever is changed under an older one is refused by the store. */
  readonly generation: number;
  readonly connection?: LiveConnection;
  /** Operations that have not ended, in sequence. */
  readonly queue: readonly OperationRecord[];
  /** Calls whose end a gateway will tell: on the connection, or on a session that was open before it. */
  readonly out: readonly OutCall[];
  readonly wake: WakeStatus;
  /** The connection request that is out; `overtaken` where the device opened a session before its outcome was known. */
  readonly waking?: "out" | "overtaken";
  /** What reading did to it, until it answers a read again. */
  readonly strain?: Strain;
  /** When a connection was lost with a read that was out. */
  readonly readLostAt?: number;
  /** When the device last booted, as it was known when its light connection opened; undefined where it told of no boot. */
  readonly bootedAt?: number;
  /** A light connection is expected of the device: it was referred, and has not lapsed. */
  readonly attaches: boolean;
  /** Until when a device that was referred may take to open its light connection. */
  readonly graceUntil?: number;
  /** Until when answers are awaited that the device owes since an earlier connection. */
  readonly owedUntil?: number;
}

export type LiveConnection = ClassicConnection | LightConnection;

interface Connection {
  readonly id: ConnectionId;
  readonly generation: number;
  /** Whether the device must be given credentials of its own before anything else. */
  readonly credentials: "settled" | "wanted" | "tried";
}

/** A CWMP session: the gateway asks what to call, one call at a time. */
export interface ClassicConnection extends Connection {
  readonly transport: "classic";
  /** The reference that the device takes as parameters; undefined where it takes none, or has been given it. */
  readonly offer?: LightOffer;
  /** Undefined where the session serves; else the device is to go on over a light connection that opens in time. */
  readonly graceMs?: number;
  /** The gateway that was told there is nothing to call; it asks no more unless it is roused. */
  readonly resting?: GatewayId;
}

/** A WebSocket: the engine calls over it when there is something to call. */
export interface LightConnection extends Connection {
  readonly transport: "light";
  /** Until when it is awaited that its end is reported, or that the device attaches again: it took no call. */
  readonly haltedUntil?: number;
  readonly gateway: GatewayId;
  /** How long an answer is awaited that the device owes since an earlier connection: as long as any call may take. */
  readonly owedMs: number;
  /** Undefined until the device is ready for calls. */
  readonly limits?: LightLimits;
}

export interface LightLimits {
  readonly maxInFlight: number;
  readonly replayWindow: number;
}

export interface OutCall {
  readonly callId: CallId;
  readonly connection: ConnectionId;
  readonly transport: LiveConnection["transport"];
  readonly for: "operation" | "credentials" | "reference";
  /** It left before, or may have: that it did not leave this time says nothing. */
  readonly left?: true;
}

interface At {
  readonly now: number;
}

interface OnConnection extends At {
  readonly connection: ConnectionId;
  readonly generation: number;
}

/** Everything that can happen to a device. `now` is milliseconds since 1970. */
export type DeviceInput =
  | (OnConnection & {
      readonly type: "opened";
      readonly gateway: GatewayId;
      readonly device: OpenedDevice;
      readonly operations: readonly OperationRecord[];
      readonly events: readonly InformEvent[];
      readonly offer?: LightOffer;
      /** How long a device that was referred may take to open its light connection, from the end of its session. */
      readonly graceMs: number;
    })
  | (OnConnection & {
      readonly type: "connected";
      readonly gateway: GatewayId;
      readonly owedMs: number;
      readonly device: DeviceRecord;
      readonly operations: readonly OperationRecord[];
      /** The light connection that was the device's until now. */
      readonly replaced?: DeviceConnection;
    })
  /** A light connection can take calls, or its limits are new. */
  | (OnConnection & { readonly type: "attached" } & LightLimits)
  /** An Inform that opened no connection is kept. */
  | (At & { readonly type: "informed"; readonly events: readonly InformEvent[] })
  /** An Inform came while a light connection was open: is it? */
  | (At & { readonly type: "doubted" })
  /** A session can take a call. */
  | (OnConnection & { readonly type: "ready"; readonly ended?: EndedCall })
  /** A call on a light connection is over. */
  | (OnConnection & { readonly type: "returned"; readonly ended: EndedCall })
  | (OnConnection & Pick<Closed, "ended" | "detail" | "unheard"> & { readonly type: "closed" })
  | (At & { readonly type: "accepted"; readonly operation: OperationRecord })
  | (At & { readonly type: "cancel"; readonly operation: OperationId; readonly manager: string })
  /** What the device said of a file ended this operation, whether its call was answered or not. */
  | (At & { readonly type: "settled"; readonly operation: OperationId })
  /** A person says that the device is not to be left alone any more. */
  | (At & { readonly type: "relieved" })
  /** The device is to have new credentials. */
  | (At & { readonly type: "rotated" })
  | (At & { readonly type: "woken"; readonly outcome: WakeOutcome })
  /** An earlier engine left work for this device, or a turn that failed. */
  | (At & { readonly type: "resumed" })
  | (At & { readonly type: "time" });

/** Where a call goes: to the gateway that asked what is next, or over a light connection. */
export type CallWay = "reply" | Pick<LightConnection, "gateway" | "id" | "generation">;

/** What the loop does for a decision, one after the other. A commit that is not held ends the decision. */
export type DeviceEffect =
  | { readonly type: "commit"; readonly change: Change }
  | {
      readonly type: "call";
      readonly operation: OperationId;
      readonly callId: CallId;
      readonly call: DeviceCall;
      readonly way: CallWay;
      /** It may have left on this connection, which had another owner then: it is not to leave twice. */
      readonly again?: true;
    }
  | { readonly type: "send-credentials"; readonly callId: CallId; readonly way: CallWay }
  | { readonly type: "send-reference"; readonly callId: CallId; readonly offer: LightOffer }
  | {
      readonly type: "settle-credentials";
      readonly accepted: boolean;
      readonly detail: string;
      readonly now: number;
    }
  | { readonly type: "reply"; readonly reply: "nothing" | "superseded" }
  | { readonly type: "answer-cancel"; readonly answer: "cancelled" | "running" | "ended" }
  | { readonly type: "answer-rotate"; readonly answer: "now" | "later" }
  | { readonly type: "wake" }
  | {
      readonly type: "disconnect";
      readonly gateway: GatewayId;
      readonly connection: ConnectionId;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly type: "probe" | "rouse"; readonly gateway: GatewayId; readonly connection: ConnectionId };

export type Change = {
  [T in ChangeType]: { readonly type: T; readonly change: T extends FencedType ? Unsigned<T> : ChangeOf<T> };
}[ChangeType];

/** What the loop signs with the generation of the state that it was decided on. */
export type FencedType = "release-call" | "end-operation" | "replan-refresh" | "record-wake" | "lapse-device";
type Unsigned<T extends ChangeType> = Omit<ChangeOf<T>, keyof Fenced>;

export interface Decision {
  readonly state: DeviceState;
  readonly effects: readonly DeviceEffect[];
}

/** A device with nothing to do: the loop forgets it. */
export function isIdle(state: DeviceState): boolean {
  return (
    state.connection === undefined &&
    state.queue.length === 0 &&
    state.out.length === 0 &&
    state.waking === undefined &&
    state.graceUntil === undefined
  );
}

/**
 * Whether it may be called over a light connection. One that is not attached may be another engine's by now: whoever attaches
 * it says that it is ours.
 */
export function isAttached(
  state: DeviceState | undefined,
): state is DeviceState & { readonly connection: LightConnection } {
  return state?.connection?.transport === "light" && state.connection.limits !== undefined;
}

/** Nothing is under way with it, and nothing is expected of it. */
export function isUnconnected({ connection, out, waking, graceUntil }: DeviceState): boolean {
  return connection === undefined && out.length === 0 && waking === undefined && graceUntil === undefined;
}

/** A device of which nothing is known yet: who brings a connection brings it all. */
export function blank(key: DeviceKey): DeviceState {
  return { key, generation: 0, queue: [], out: [], wake: { attempts: 0 }, attaches: false };
}
