import type { AcsRequest, Decoded, Fault, JsonObject, LightRequest, TokenId } from "@heliograph/protocol";
import type { Call } from "../../ports/index.ts";
import type { Subprotocol } from "../subprotocols.ts";

/** How one subprotocol writes what is said on a connection; pure. */
export interface LightCodec {
  /** As devices name it in `Sec-WebSocket-Protocol`. */
  readonly subprotocol: Subprotocol;
  /** What a text message of the device says. */
  read(text: string): Said;
  /** Throws where the engine asks for what is no RPC, which it never accepted. */
  writeCall(call: Call): WrittenCall;
  /** The answer to a request of the device. */
  writeAnswer(id: TokenId, result: object): string;
  /** A refusal; null where the id of what is refused could not be read. */
  writeFault(id: TokenId | null, fault: Fault): string;
  /** The result of a call that nobody here remembers; undefined where it can be none. */
  readLate(result: unknown): JsonObject | undefined;
}

/** A message of a device. */
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

/** What a device says to a call, before it is read by the call's method. */
export type RawAnswer =
  | { readonly result: unknown; readonly fault?: undefined }
  | { readonly fault: Fault; readonly result?: undefined };

/** A call as it goes to the device, and how its answer is read. */
export interface WrittenCall {
  readonly text: string;
  readonly read: (result: unknown) => Decoded<JsonObject>;
}
