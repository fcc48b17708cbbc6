import type { HeartBeatPlan } from "@heliograph/protocol";
import type { Position, WatchWish } from "../../ports/index.ts";
import type { StompMessage } from "../../stomp/served-session.ts";
import type { Refusal } from "../refusal.ts";
import type { Answer } from "./answers.ts";
import type { Told } from "./followed-channels.ts";
import type { Addressed, Question } from "./question.ts";
import type { Seen, View } from "./watched-views.ts";

export type Message = StompMessage;

/** One thing that is asked of a device; what it is, is read when it is its turn. */
export interface AskedSend {
  readonly addressed: Addressed;
  /** How much it holds. */
  readonly bytes: number;
  readonly read: (now: number) => Question | Refusal;
}

/** What a manager said by one frame, or by all that goes together. */
export type ManagerSaid =
  | { readonly type: "connect"; readonly passcode: string | undefined }
  /** All of it or nothing; `receipt`: once it is stored. */
  | { readonly type: "ask"; readonly sends: readonly AskedSend[]; readonly receipt: string | undefined }
  | Subscribing
  | Unsubscribing
  /** Answers that waited may leave now. */
  | { readonly type: "receptive" }
  | { readonly type: "reply"; readonly message: Message }
  | { readonly type: "done" }
  | { readonly type: "unreadable"; readonly code: number; readonly detail: string }
  | { readonly type: "nothing" };

export type Subscribing =
  /** What is published on a channel is wanted: from a position on, or from now on. */
  | ({
      readonly type: "follow";
      readonly channel: string;
      readonly position: Position | undefined;
    } & Confirmed)
  /** Values of a device are wanted as they are. */
  | ({ readonly type: "watch"; readonly wish: WatchWish } & View & Confirmed);

export type Unsubscribing = (
  { readonly type: "unfollow"; readonly channel: string } | ({ readonly type: "unwatch" } & View)
) &
  Confirmed;

/** How a manager hears that something is done: by an answer, or by the receipt that it asked for; a refusal ends the latter's connection. */
export interface Confirmed {
  readonly requestId?: string;
  readonly receipt?: string | undefined;
}

/**
 * What becomes of an answer: it is written, waits until others are acknowledged, is kept to leave with those it belongs to,
 * or nobody wants it.
 */
export type WrittenAnswer = { readonly message: Message } | "wait" | "kept" | "drop";

/** How one manager speaks on its connection: what comes becomes what it said, what it is told becomes messages [LIGHT 7]. */
export interface ManagerLanguage {
  /** Who was let in by the handshake need not say anything to begin. */
  readonly beginsAtOnce: boolean;
  readonly heartBeats: HeartBeatPlan | undefined;
  /** Whether answers are heard. */
  readonly isListening: boolean;
  read(message: Message): Generator<ManagerSaid, void, undefined>;
  /** The manager is let in; undefined where it did not ask to be. */
  writeConnected(session: string): Message | undefined;
  writeReceipt(receiptId: string): Message | undefined;
  /** `receiptId`: of what was refused, where a receipt was asked for, which does not come. */
  writeAnswer(answer: Answer, receiptId?: string): WrittenAnswer;
  /** Something of a channel that is followed. */
  writePublication(told: Told): Exclude<WrittenAnswer, "kept">;
  /** Something of a view that is watched. */
  writeSeen(seen: Seen): Exclude<WrittenAnswer, "kept">;
  /** What is said last; undefined where that is nothing. */
  writeClosing(closing: { readonly code: number; readonly reason: string }): Message | undefined;
  writeHeartBeat(): Message;
}
