import type {
  AcsParams,
  AcsRequest,
  Decoded,
  DeviceRequest,
  Fault,
  HeartBeatPlan,
  LightParams,
  ObservationRequest,
  ObservationResult,
  Problem,
  Publish,
  TokenId,
} from "@heliograph/protocol";
import type { DeviceReply } from "../dispatch.ts";
import type { Outcome } from "../outcome.ts";
import type { Subprotocol } from "./light-options.ts";
import type { LinkMessage } from "./link.ts";

/** A subprotocol, and how connections that speak it are led. */
export interface LightBinding {
  readonly subprotocol: Subprotocol;
  /** For one connection, to that URL: it may remember what was said over it. */
  open(url: string): LightSpeech;
}

/** How what is said over one connection is read and written. Total: what an ACS sends is never thrown at anybody. */
export interface LightSpeech {
  /** In each direction a call waits for the answer to the one before. */
  readonly isOneAtATime: boolean;
  /** What is said first, and answered by what is heard as `ready`; undefined where the connection is as soon as it is open. */
  readonly opening: LinkMessage | undefined;
  /** A sign of life that says nothing. */
  readonly heartBeat: LinkMessage;
  /** What a message of the ACS says; several things, or nothing yet where it is a piece of a stream. */
  read(message: LinkMessage): readonly Heard[];
  writeRequest(id: string, request: AcsRequest): LinkMessage;
  /** What attaches the device, or renews its token. */
  writeAttach(id: string, attaching: Attaching): LinkMessage;
  /** What the answer to that says. */
  readAttached(result: unknown): Decoded<Attachment>;
  writeAnswer(answer: CallAnswer): LinkMessage;
  /** What became of a publication; left out where the subprotocol has no channels. */
  readonly writeResult?: (id: string, result: LightParams<"PublishResult">) => LinkMessage;
  /** The answer to a request to observe, and what is observed; both left out where the subprotocol has no channels. */
  writeObserved?(id: TokenId, outcome: Outcome<ObservationResult>): LinkMessage;
  writeValues?(observed: LightParams<"Publish">): LinkMessage;
  /** What is said last, and answered by what is heard as `parted`; undefined where nothing is. */
  writeParting(id: string): LinkMessage | undefined;
}

/** What an ACS says. */
export type Heard =
  /** A sign of life, and nothing else. */
  | { readonly type: "nothing" }
  /** The device is let in, and this is what both sides do to show that they are there. */
  | { readonly type: "ready"; readonly heartBeats: HeartBeatPlan }
  | { readonly type: "call"; readonly call: Call }
  | { readonly type: "publication"; readonly publication: Publish }
  | {
      readonly type: "observation";
      readonly id: TokenId | undefined;
      readonly request: ObservationRequest;
    }
  | {
      readonly type: "answer";
      /** The device's own. */
      readonly id: string;
      readonly answer: Answer;
      /** What lets the device in next time, where that came along. */
      readonly fresh?: FreshToken;
    }
  /** The ACS has stored that request; its answer is still to come. */
  | { readonly type: "stored"; readonly id: string }
  /** This is to be said to it at once, as where what it sent cannot be served. */
  | { readonly type: "retort"; readonly message: LinkMessage }
  /** It ends the connection, and tells why. */
  | { readonly type: "ended"; readonly code: number; readonly reason: string }
  | { readonly type: "parted" }
  /** No refusal helps: the connection ends with this close code. */
  | { readonly type: "unreadable"; readonly code: number; readonly detail: string };

/** One RPC that the ACS asks of the device. */
export interface Call {
  /** Undefined where it has none: it takes no place in what is remembered. */
  readonly id: TokenId | undefined;
  readonly request: DeviceRequest;
  /** Values alone are wanted, in the order asked [LIGHT 3]. */
  readonly positional?: true;
  /** Of a call without an id that is to be answered all the same: no other connection can carry that answer. */
  readonly writeAnswer?: (reply: DeviceReply) => LinkMessage;
}

/** The answer to a call, in no subprotocol's form: it may leave over another connection than the call came by. */
export interface CallAnswer {
  readonly id: TokenId;
  readonly reply: DeviceReply;
  /** What was asked, where values alone are wanted. */
  readonly names?: readonly string[];
}

/** What the ACS says to a request of the device. */
export type Answer =
  | { readonly result: unknown; readonly fault?: undefined; readonly problem?: undefined }
  | { readonly fault: Fault; readonly result?: undefined; readonly problem?: undefined }
  /** It answers, and cannot be understood. */
  | { readonly problem: Problem; readonly result?: undefined; readonly fault?: undefined };

/** What a device says to be attached; each subprotocol has room for some of it. */
export interface Attaching {
  readonly wishes: LightParams<"Attach">;
  /** An Inform that tells nothing new. */
  readonly inform: () => AcsParams<"Inform">;
}

/** How the ACS attached a device. */
export interface Attachment {
  /** Undefined where the token that the device has stays the one. */
  readonly fresh: FreshToken | undefined;
  /** Seconds between two signs of life of the ACS, at most; 0 where there are none, undefined where heart-beats were agreed on. */
  readonly pingInterval: number | undefined;
  readonly maxMessageBytes: number;
  /** The channels that the device is a member of; undefined where it was told of none. */
  readonly channels?: ReadonlySet<string>;
}

export interface FreshToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export const NOTHING: Heard = { type: "nothing" };

/** What every ACS does that does not say otherwise [LIGHT 2, LIGHT 3]. */
export const USUAL_ATTACHMENT: Attachment = {
  fresh: undefined,
  pingInterval: 30,
  maxMessageBytes: 1024 * 1024,
};
