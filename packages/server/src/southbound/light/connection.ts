import type { AcsParams, AcsResult, DeviceKey, Fault, JsonObject, TokenId } from "@heliograph/protocol";
import type { AttachReply, Call, ConnectReply, LightToken, ReportReply } from "../../ports/index.ts";
import type { Standings } from "./channels/channels.ts";
import type { ChannelWish, SaidPositions } from "./channels/wish.ts";
import type { Bar, Closing } from "./closing.ts";
import type { BindingWays, Message, RawAnswer, Said } from "./codec.ts";
import type { DeviceLimits } from "./device-limits.ts";
import type { MonitorSaid } from "./monitor/own-monitor.ts";
import type { Pace } from "./pace.ts";

/**
 * Where a connection stands. `connecting`: an engine is asked to own it, and the device is not listened to. `open`: the device
 * is listened to, and called once it is attached.
 */
export type ConnectionState = { readonly name: "connecting" } | OpenConnection | { readonly name: "over" };

export interface OpenConnection {
  readonly name: "open";
  /** Whether the device may be called. */
  readonly attached: boolean;
  readonly limits: DeviceLimits;
  /** What the engine is to hear, one after the other; the first is asked once all Informs before it are stored. */
  readonly attaching: readonly Attaching[];
  /** Whether the engine is being asked the first of them. */
  readonly asking: boolean;
  /** Informs that are being stored. */
  readonly informs: number;
  /** Requests of the device that are being served, and whose answer it awaits. */
  readonly serving: number;
  /** Requests that are being served without an answer. */
  readonly streaming: number;
  /** Calls that came while an Attach was being answered. */
  readonly held: readonly Call[];
  /** Whether no engine could be found when one was needed. */
  readonly orphaned: boolean;
  /** Periods in which the device gave no sign of life. */
  readonly silent: number;
}

export interface Attaching {
  readonly limits: DeviceLimits;
  /** Left out where the device did not ask, or wants no answer. */
  readonly id?: TokenId;
  /** Whether it is one of the device's requests. */
  readonly own: boolean;
  /** What it is answered where no engine is found: it was an Inform, and that is stored. */
  readonly informed?: AcsResult<"Inform">;
  /** Where it has the channels that it wants to be told of; left out where it said nothing of channels. */
  readonly channels?: SaidPositions;
  /** It opens the device's session: where no engine is found, there is none. */
  readonly opens?: true;
  /** The device will not say it again: it counts though no engine heard of it yet. */
  readonly lasting?: true;
}

/** `unreachable`: there is no engine, or it gives no answer. `refused`: the one that was asked anew does not take the connection. */
export type Asked<T> =
  T | { readonly type: "unreachable" } | { readonly type: "refused"; readonly reason: Bar };

export type ConnectionInput =
  | { readonly type: "connected"; readonly reply: Asked<ConnectReply> }
  /** It was announced anew, since the engine that owned it is gone or may have forgotten it. */
  | { readonly type: "announced"; readonly reply: Asked<ConnectReply> }
  | { readonly type: "said"; readonly said: Said; readonly pace: Pace }
  /** The device said nothing for so long that it may be called without an Attach. */
  | { readonly type: "patience-over" }
  | { readonly type: "attached"; readonly reply: Asked<AttachReply>; readonly channels?: Standings }
  | ({ readonly type: "informed" } & Served)
  | ({ readonly type: "reported" } & Served)
  /** Another engine owns the connection by now, which knows nothing of the Attach. */
  | { readonly type: "owner-changed" }
  | { readonly type: "call"; readonly call: Call }
  /** It is time for a sign of life; `heard`: whether the device gave one since the last time. */
  | { readonly type: "beat"; readonly heard: boolean }
  /** No engine was found in time. */
  | { readonly type: "abandoned" }
  /** Somebody who may do so ends the connection. */
  | { readonly type: "close"; readonly closing: Closing }
  /** The device is not to stay here now. */
  | { readonly type: "send-away" }
  /** The socket is no more, or as good as that. */
  | { readonly type: "lost"; readonly detail: string };

export interface Served {
  readonly id: TokenId | undefined;
  readonly reply: Asked<ReportReply>;
}

export type ConnectionEffect = EngineEffect | DeviceEffect | CallEffect | LifeEffect;

/** What the engine is asked, and those who tell what is published. */
export type EngineEffect =
  /** The device knows where it stands in its channels. */
  | { readonly type: "tell-channels" }
  | { readonly type: "channel"; readonly wish: ChannelWish }
  /** It says something of what is watched of it. */
  | { readonly type: "monitor"; readonly said: MonitorSaid }
  | {
      readonly type: "ask-attach";
      readonly limits: DeviceLimits;
      readonly channels?: SaidPositions;
    }
  | { readonly type: "inform"; readonly id: TokenId | undefined; readonly params: AcsParams<"Inform"> }
  | {
      readonly type: "report";
      readonly id: TokenId | undefined;
      readonly method: string;
      readonly params: JsonObject;
    };

/** What the device is told. */
export type DeviceEffect =
  | { readonly type: "answer"; readonly id: TokenId; readonly result: object }
  | {
      readonly type: "answer-attach";
      readonly id: TokenId;
      readonly token: LightToken;
      readonly channels?: Standings;
    }
  | { readonly type: "fault"; readonly id: TokenId | null; readonly fault: Fault }
  | { readonly type: "say"; readonly message: Message }
  /** A sign of life. */
  | { readonly type: "beat" };

/** What becomes of the ACS's calls. */
export type CallEffect =
  | { readonly type: "send-call"; readonly call: Call; readonly maxMessageBytes: number }
  /** It will not be answered. */
  | { readonly type: "decline"; readonly id: TokenId }
  /** The call does not leave. */
  | { readonly type: "give-back"; readonly call: Call }
  /** An answer came: to a call that is out, or owed since an earlier connection. */
  | { readonly type: "settle"; readonly id: TokenId; readonly answer: RawAnswer };

export type LifeEffect =
  /** Listens to the device, and gives signs of life from now on. */
  | { readonly type: "listen" }
  /** Waits (anew) for an Attach. */
  | { readonly type: "be-patient" }
  | { readonly type: "await-engine" }
  | { readonly type: "engine-found" }
  | { readonly type: "close"; readonly closing: Closing }
  /** Closes it; how soon the device comes back depends on how many are sent away. */
  | { readonly type: "send-away" }
  | { readonly type: "terminate"; readonly detail: string };

export interface ConnectionDecision {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

/** What does not change while a connection lasts. */
export interface ConnectionRules {
  /** Whom the token names. */
  readonly device: DeviceKey;
  /** Requests of the device that are served at once, of either kind. */
  readonly maxInFlight: number;
  readonly ways: BindingWays;
}
