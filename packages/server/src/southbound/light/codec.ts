import { faultText } from "@heliograph/protocol";
import type {
  AcsRequest,
  Decoded,
  DeviceAnswer,
  Fault,
  HeartBeatPlan,
  JsonObject,
  LightRequest,
  LightResult,
  ObservationRequest,
  TokenId,
} from "@heliograph/protocol";
import type { Call, DeviceStyle } from "../../ports/index.ts";
import type { Told } from "./channels/place.ts";
import type { Telling, Written } from "./channels/telling.ts";
import type { ChannelWish } from "./channels/wish.ts";
import type { Closing } from "./closing.ts";
import type { DeviceLimits } from "./device-limits.ts";
import type { Subprotocol } from "../subprotocols.ts";

/** What a message of the transport holds: text, or bytes. */
export type Message = string | Uint8Array;

/** A subprotocol, and how connections that speak it are served. */
export interface LightBinding {
  /** As devices name it in `Sec-WebSocket-Protocol`. */
  readonly subprotocol: Subprotocol;
  readonly ways: BindingWays;
  /** The codec of one connection: the same for all where it keeps nothing. */
  open(opened: Opened): LightCodec;
}

/** In what a subprotocol differs for those who lead its connections. */
export interface BindingWays {
  /** What a device may ask of the ACS, as it is told. */
  readonly methods: readonly string[];
  /** Requests of a device that are served at once; undefined where the gateway's own bound holds. */
  readonly maxInFlight?: number;
  /** An Inform is an Attach as well: its answer carries the token. */
  readonly informAttaches?: true;
  /** The device opens a session of its own on the connection, and says itself when it is ready for calls. */
  readonly connects?: true;
}

/** What a codec may need to know of its connection. */
export interface Opened {
  /** Where the device may be referred to; undefined where it may not be [LIGHT 1.2]. */
  readonly url: () => string | undefined;
  /** How the device wrote when it was last heard over HTTP, where that is known. */
  readonly style: DeviceStyle | undefined;
}

/** How one subprotocol writes what is said on a connection. Total: what a device sends is never thrown at anybody. */
export interface LightCodec {
  /**
   * What a message of the device says; several things, or nothing yet where it is a piece of a stream. It is read no further
   * than it is asked for, and to its end before the next.
   */
  read(message: Message): Iterable<Said>;
  /** Throws where the engine asks for what is no RPC, which it never accepted. */
  writeCall(call: Call): WrittenCall;
  /** The answer to a request of the device; undefined where none goes out. */
  writeAnswer(id: TokenId, result: object): Message | undefined;
  /** The answer to what attached the device. */
  writeAttached(id: TokenId, result: LightResult<"Attach">): Message | undefined;
  /** A refusal; null where the id of what is refused could not be read. */
  writeFault(id: TokenId | null, fault: Fault): Message | undefined;
  /** The result of a call that nobody here remembers; undefined where it can be none. */
  readLate(result: unknown): JsonObject | undefined;
  /** What was published, in bytes that members share; left out where the subprotocol has no channels. */
  writePublication?(telling: Telling): Written | Exclude<Told, "told">;
  /** Has the device tell values while they are watched; undefined where it cannot be asked now. */
  writeObservation?(id: string, request: ObservationRequest): Message | undefined;
  /** The last that the device is told before the connection closes. */
  writeClosing?(closing: Closing): Message | undefined;
  /** What both sides have agreed on, where the subprotocol has signs of life of its own. */
  readonly heartBeats?: HeartBeatPlan | undefined;
  writeHeartBeat?(): Message;
  /** Bytes that it holds of what the device has begun and not finished. */
  readonly unfinished?: number;
}

/** What a device says. */
export type Said =
  /** A sign of life, and nothing else. */
  | { readonly type: "nothing" }
  | ({ readonly type: "request" } & OwnRequest)
  | { readonly type: "answer"; readonly id: TokenId; readonly answer: RawAnswer }
  | ({ readonly type: "attach" } & OwnAttach)
  /** Calls that it will not answer. */
  | { readonly type: "declined"; readonly ids: readonly TokenId[] }
  /** Several things, of which it sees to it itself that they are not too many. */
  | { readonly type: "group"; readonly said: readonly Said[] }
  /** It was understood, and this tells the device so. */
  | { readonly type: "acknowledged"; readonly message: Message }
  /** What it wants to be told of, or has taken of that. */
  | { readonly type: "channel"; readonly wish: ChannelWish }
  /** The device is done with the connection. */
  | { readonly type: "done" }
  /** A request that only a fault can answer; without an id not even that. */
  | { readonly type: "refused"; readonly id: TokenId | null | undefined; readonly fault: Fault }
  /** No fault helps: the connection ends with this close code. */
  | { readonly type: "unreadable"; readonly code: number; readonly detail: string };

/** What a device asks of the ACS. */
export interface OwnRequest {
  /** Undefined where no answer is wanted. */
  readonly id: TokenId | undefined;
  readonly request: AcsRequest | LightRequest;
}

/** What the device bears from now on. */
export interface OwnAttach {
  /** Undefined where no answer is wanted. */
  readonly id: TokenId | undefined;
  readonly limits: DeviceLimits;
  /** It opens the session: without an answer it has none. */
  readonly opens?: true;
  /** By which it says who it is, where it has not before. */
  readonly passcode?: string | undefined;
  /** Where its connection left that open. */
  readonly speaks?: Subprotocol;
}

/** What a device says to a call. */
export type RawAnswer =
  /** To be read by the call's method. */
  | { readonly result: unknown; readonly named?: undefined; readonly fault?: undefined }
  /** It names the method itself, and was read by that. */
  | { readonly named: Decoded<DeviceAnswer>; readonly result?: undefined; readonly fault?: undefined }
  | { readonly fault: Fault; readonly result?: undefined; readonly named?: undefined };

/** A call as it goes to the device, and how its answer is read. */
export interface WrittenCall {
  /** To be looked at when it leaves; undefined where it cannot any more. */
  readonly message: Message | undefined;
  readonly read: (result: unknown) => Decoded<JsonObject>;
}

export const NOTHING: Said = { type: "nothing" };
/** What a message says that is not even read. */
export const UNREAD: Said = {
  type: "refused",
  id: null,
  fault: { code: 8004, message: faultText(8004) },
};
