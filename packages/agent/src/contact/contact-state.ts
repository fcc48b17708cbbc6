import type { Activity } from "../activity.ts";
import type { Urgency } from "../device-options.ts";
import type { FreshToken } from "../light/binding.ts";
import type { LinkRefusal } from "../light/link.ts";
import type { Reference } from "../light/reference.ts";
import type { RetryPolicy } from "../retry.ts";

/** How a device stands with its ACS. */
export interface ContactState {
  /** False before it boots and while it restarts. */
  readonly isUp: boolean;
  /** How soon the ACS is to hear of what there is to tell; undefined where there is nothing. */
  readonly wanted: Urgency | undefined;
  /** Where the ACS is being told: in a classic session, or over the link. Never in both. */
  readonly telling: "session" | "link" | undefined;
  /** How often in a row that failed: what an Inform says as RetryCount. */
  readonly retryCount: number;
  /** What is due waits for the next try; what is urgent does not. */
  readonly isPausing: boolean;
  readonly light: LightState;
  /** How often in a row there was no link, or none that lasted. */
  readonly lightTries: number;
  /** How often since the last link that lasted a token was refused. */
  readonly tokenRefusals: number;
}

/** How it stands with the light transport. Without a link all service is classic. */
export type LightState =
  /** The ACS sent it nowhere, or wants it no longer: the next session may change that. */
  | { readonly name: "unreferred" }
  /** Opens a link when its time has come; without a reference it Informs for one. */
  | { readonly name: "waiting"; readonly reference: Reference | undefined }
  /** Opens a link as soon as no session is held. */
  | ({ readonly name: "due" } & Opening)
  | ({ readonly name: "opening" } & Opening)
  /** The link is open: what was not delivered goes first, then Attach. */
  | { readonly name: "greeting"; readonly reference: Reference; readonly isAttaching: boolean }
  | { readonly name: "attached"; readonly reference: Reference; readonly renewal: Renewal };

/** Whether the token is to be renewed; that and what is told go one after the other. */
export type Renewal = "none" | "due" | "asked";

interface Opening {
  readonly reference: Reference;
  /** A connection request asked for it: where the link cannot be opened, an Inform must answer that. */
  readonly isSummoned: boolean;
}

export type ContactInput =
  | { readonly type: "booted" }
  /** It restarts: the link ends, and what was known of the ACS's tokens with it. */
  | { readonly type: "going-down" }
  | { readonly type: "wanted"; readonly urgency: Urgency }
  /** A connection request. */
  | { readonly type: "summoned" }
  /** The device has another ACS. */
  | { readonly type: "moved" }
  /** What came up in this turn is known: time to act. */
  | { readonly type: "considered" }
  | { readonly type: "session-ended"; readonly reference: Reference | undefined }
  | { readonly type: "session-failed"; readonly reason: string }
  | { readonly type: "link-opened"; readonly hasUndelivered: boolean }
  | ({ readonly type: "link-refused" } & LinkRefusal)
  | { readonly type: "link-closed"; readonly code: number; readonly reason: string }
  /** What was to be told over the link is told. */
  | { readonly type: "told" }
  /** The ACS refused it; the link stands. */
  | { readonly type: "not-told"; readonly reason: string }
  /** `fresh`: what lets it in next time, where that is not what it has. */
  | { readonly type: "attached"; readonly fresh: FreshToken | undefined }
  | { readonly type: "not-attached"; readonly reason: string }
  | { readonly type: "time"; readonly timer: TimerName };

/** `session-retry`: a failed telling is tried again. `steady`: the link has lasted. */
export type TimerName = "session-retry" | "link-retry" | "steady" | "renewal";

export const timerNames: readonly TimerName[] = ["session-retry", "link-retry", "steady", "renewal"];

export type ContactEffect =
  | { readonly type: "hold-session"; readonly retryCount: number }
  | { readonly type: "open-link"; readonly reference: Reference }
  | { readonly type: "tell-over-link"; readonly retryCount: number }
  | { readonly type: "attach" }
  | { readonly type: "close-link" }
  /** The device owes its ACS this event. */
  | { readonly type: "note"; readonly eventCode: string; readonly urgency: Urgency }
  /** Replaces the timer of that name. */
  | { readonly type: "start-timer"; readonly timer: TimerName; readonly delayMs: number }
  | { readonly type: "stop-timer"; readonly timer: TimerName }
  | { readonly type: "show"; readonly activity: Activity };

/** Time and chance, as they come in with an input. */
export interface Moment {
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly fraction: number;
  readonly policy: RetryPolicy;
}

export interface ContactDecision {
  readonly state: ContactState;
  readonly effects: readonly ContactEffect[];
}

/** A device without power. */
export const noContact: ContactState = {
  isUp: false,
  wanted: undefined,
  telling: undefined,
  retryCount: 0,
  isPausing: false,
  light: { name: "unreferred" },
  lightTries: 0,
  tokenRefusals: 0,
};

export function stay(state: ContactState, effects: readonly ContactEffect[] = []): ContactDecision {
  return { state, effects };
}
