import type { DeviceKey, JsonObject, ParameterValues, RpcOutcome } from "@heliograph/protocol";
import type { CallId, ConnectionId, EngineId, GatewayId } from "./ids.ts";

export interface InformEvent {
  readonly code: string;
  readonly commandKey: string;
}

/** What opens a light connection. */
export interface LightToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** A light connection whose token was found good. */
export interface LightAnnouncement {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly gateway: GatewayId;
  readonly address: string;
  readonly at: number;
  readonly subprotocol: string;
  /** The token's. */
  readonly credentialVersion: number;
  /** An engine owned it before: it takes the place of no other connection. */
  readonly again?: true;
}

export type ConnectReply =
  | { readonly type: "owned"; readonly engine: EngineId; readonly generation: number }
  /** `revoked`: the token is older than what the device's row allows. */
  | { readonly type: "refused"; readonly reason: "unknown-device" | "not-approved" | "revoked" };

/** It was announced anew since, to somebody else: whoever was asked before heard it late. */
export interface Superseded {
  readonly type: "superseded";
}

export interface AttachAsk {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  /** Calls that the device takes at a time. */
  readonly maxInFlight: number;
  /** Answers that the device keeps over reconnects, so that it may be asked again with the same id. */
  readonly replayWindow: number;
  /** Milliseconds since 1970: when the device last authenticated by its own credentials, as its token says. */
  readonly authTime: number;
}

/** `superseded`: the device has another connection. */
export type AttachReply = { readonly type: "attached"; readonly token: LightToken } | Superseded;

/** The connection is the device's, but not this engine's any more, or taken for closed: it is to be announced again. */
export interface NotOwned {
  readonly type: "not-owned";
}

export interface LightInform {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  /** Names this Inform among those of the connection; one that comes twice is stored once. */
  readonly inform: string;
  readonly at: number;
  readonly events: readonly InformEvent[];
  readonly parameters: ParameterValues;
}

export interface LateAnswer {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  readonly ended: EndedCall;
}

export interface CallAsk {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
  readonly generation: number;
  readonly call: Call;
  /** It may have been asked before, and whoever asks has not heard how the call ended: it is not to leave twice. */
  readonly again?: true;
}

/** How a call ended; `under-way`: it has not, and whoever wants to know how it will asks again. */
export type CallReply = CallOutcome | { readonly type: "under-way" };

/** A gateway lets nobody wait longer for a word on a call. */
export const CALL_WORD_MS = 3_000;

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
  | {
      readonly type: "no-answer";
      readonly detail: string;
      /** Its light connection ended with it: the answer may still be owed on the next one. */
      readonly owed?: true;
    };

export interface Call {
  readonly callId: CallId;
  readonly method: string;
  readonly params: JsonObject;
  /** The span that it is made for, where spans are taken: whoever asked for it was answered long ago. */
  readonly traceparent?: string;
}
