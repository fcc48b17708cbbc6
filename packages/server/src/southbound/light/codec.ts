import type {
  AcsRequest,
  Decoded,
  DeviceAnswer,
  Fault,
  JsonObject,
  LightRequest,
  LightResult,
  TokenId,
} from "@heliograph/protocol";
import type { Call, DeviceStyle } from "../../ports/index.ts";
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
  /** What a message of the device says; several things, or nothing yet where it is a piece of a stream. */
  read(message: Message): readonly Said[];
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
}

/** What a device says. */
export type Said =
  /** A sign of life, and nothing else. */
  | { readonly type: "nothing" }
  | ({ readonly type: "request" } & OwnRequest)
  | { readonly type: "answer"; readonly id: TokenId; readonly answer: RawAnswer }
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

/** What a device says to a call. */
export type RawAnswer =
  /** To be read by the call's method. */
  | { readonly result: unknown; readonly named?: undefined; readonly fault?: undefined }
  /** It names the method itself, and was read by that. */
  | { readonly named: Decoded<DeviceAnswer>; readonly result?: undefined; readonly fault?: undefined }
  | { readonly fault: Fault; readonly result?: undefined; readonly named?: undefined };

/** A call as it goes to the device, and how its answer is read. */
export interface WrittenCall {
  readonly message: Message;
  readonly read: (result: unknown) => Decoded<JsonObject>;
}

export const NOTHING: Said = { type: "nothing" };
