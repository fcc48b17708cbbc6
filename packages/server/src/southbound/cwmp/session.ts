import { deviceRpc } from "@heliograph/protocol";
import type { AcsRequest, RpcOutcome } from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { Call, CallId, CallOutcome, EndedCall, NextReply } from "../../ports/index.ts";

/**
 * Where a session stands. `ready`: the device has been answered and speaks next. `asking`: the engine says what to call.
 * `calling`: a call is out. `quiet`: nothing is called (any more), since the session is over, or the device waits for approval.
 */
export type SessionState =
  | { readonly name: "ready"; readonly last?: CallId | undefined }
  | { readonly name: "asking"; readonly last?: CallId | undefined; readonly ended?: EndedCall | undefined }
  | {
      readonly name: "calling";
      readonly call: Call;
      readonly last?: CallId | undefined;
      readonly resent: boolean;
    }
  | { readonly name: "quiet" };

export type SessionInput =
  | { readonly type: "empty-post"; readonly probe: Probe }
  /** An answer or a fault; a fault names no method. */
  | {
      readonly type: "answer";
      readonly id: string | undefined;
      readonly method: string | undefined;
      readonly outcome: RpcOutcome;
    }
  /** An answer that does not say what it should; asked again, the device would say the same. */
  | { readonly type: "malformed-answer"; readonly detail: string }
  | ({ readonly type: "request" } & OwnRequest)
  /** What came could not be read, and was refused. */
  | { readonly type: "unreadable"; readonly detail: string }
  /** The engine's reply; `unreachable` where there was none. */
  | { readonly type: "next"; readonly reply: NextReply | { readonly type: "unreachable" } }
  /** The device closed the connection before the call could be handed to it. */
  | { readonly type: "unsent" }
  /** The device is silent, came with a new session, or the gateway stops. */
  | { readonly type: "cut"; readonly detail: string };

/**
 * Clients that authenticate by Digest alone send each POST without its body first, to be challenged. `perhaps`: this empty
 * POST lacks the Authorization that the session was opened with. `surely`: so it does, and this device has probed before.
 */
export type Probe = "no" | "perhaps" | "surely";

/** What a device asks of the ACS in its session. */
export interface OwnRequest {
  readonly id: string | undefined;
  readonly request: Exclude<AcsRequest, { readonly method: "Inform" }>;
}

export type SessionEffect =
  | { readonly type: "ask"; readonly ended?: EndedCall }
  | ({ readonly type: "serve" } & OwnRequest)
  | { readonly type: "send-call"; readonly call: Call }
  | { readonly type: "send-nothing" }
  | { readonly type: "challenge" }
  /** Tells the engine that the connection is over; `unheard`: and that what it said last, a call perhaps, did not come. */
  | { readonly type: "close"; readonly ended?: EndedCall; readonly unheard?: true };

export interface SessionDecision {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

const QUIET: SessionState = { name: "quiet" };
const NOTHING: SessionEffect = { type: "send-nothing" };

/** What a session does next. One call is out at a time, and whatever comes, the engine is told how it ended. */
export function decide(state: SessionState, input: SessionInput): SessionDecision {
  switch (input.type) {
    case "empty-post":
      return onEmptyPost(state, input.probe);
    case "answer":
      return onAnswer(state, input);
    case "malformed-answer":
      return state.name === "calling"
        ? ask(state.call.callId, { type: "no-answer", detail: input.detail }, state)
        : onEmptyPost(state, "no");
    case "request":
      return { state, effects: [{ ...input, type: "serve" }] };
    case "next":
      return onNext(state, input.reply);
    case "unsent":
      return state.name === "calling"
        ? end(state, state.resent ? LOST : { type: "not-sent" })
        : { state, effects: [] };
    case "unreadable":
    case "cut":
      return end(state, { type: "no-answer", detail: input.detail });
    default:
      return unreachable(input);
  }
}

/** A call that is sent again may have arrived the first time. */
const LOST: CallOutcome = {
  type: "no-answer",
  detail: "the device closed the connection in place of the answer",
};

function onEmptyPost(state: SessionState, probe: Probe): SessionDecision {
  const challenged: SessionDecision = { state, effects: [{ type: "challenge" }] };
  switch (state.name) {
    case "ready":
      return probe === "surely" ? challenged : ask(state.last);
    case "calling":
      return probe === "no" ? onNoAnswer(state, "an empty POST came in place of the answer") : challenged;
    case "asking":
    case "quiet":
      return { state, effects: [NOTHING] };
    default:
      return unreachable(state);
  }
}

type Calling = Extract<SessionState, { readonly name: "calling" }>;
type Answer = Extract<SessionInput, { readonly type: "answer" }>;

function onAnswer(state: SessionState, answer: Answer): SessionDecision {
  if (state.name !== "calling") return onEmptyPost(state, "no");
  if (!fits(answer, state)) {
    return onNoAnswer(state, `an answer to ${answer.method ?? "another call"} came in place of the answer`);
  }
  return ask(state.call.callId, { type: "answered", outcome: answer.outcome }, state);
}

/**
 * Devices answer without an id, or with one of their own, so that an answer fits by its method; but one that carries the
 * id of the call before is that call's, sent again.
 */
function fits(answer: Answer, { call, last }: Calling): boolean {
  if (answer.id !== undefined && answer.id === last) return false;
  return answer.method === undefined || answer.method === call.method;
}

/** A device that was asked and says something else is asked once more, where that does no harm. */
function onNoAnswer(state: Calling, detail: string): SessionDecision {
  const rule = deviceRpc(state.call.method)?.resend ?? "never";
  if (!state.resent && rule !== "never") {
    return { state: { ...state, resent: true }, effects: [{ type: "send-call", call: state.call }] };
  }
  return ask(state.call.callId, { type: "no-answer", detail }, state);
}

function ask(last: CallId | undefined, outcome?: CallOutcome, calling?: Calling): SessionDecision {
  const told = ended(calling, outcome);
  return { state: { name: "asking", last, ...told }, effects: [{ type: "ask", ...told }] };
}

function onNext(state: SessionState, reply: NextReply | { readonly type: "unreachable" }): SessionDecision {
  if (state.name !== "asking") return onLateNext(state, reply);
  switch (reply.type) {
    case "call":
      return {
        state: { name: "calling", call: reply.call, last: state.last, resent: false },
        effects: [{ type: "send-call", call: reply.call }],
      };
    case "nothing":
      return { state: QUIET, effects: [{ type: "close" }, NOTHING] };
    case "unreachable": {
      // Nobody knows whether the engine took it: told twice is better than never.
      const told = state.ended === undefined ? {} : { ended: state.ended };
      return { state: QUIET, effects: [{ type: "close", ...told, unheard: true }, NOTHING] };
    }
    case "superseded":
      return { state: QUIET, effects: [NOTHING] };
    default:
      return unreachable(reply);
  }
}

/** The session was cut while the engine was asked: its call is not sent any more. */
function onLateNext(
  state: SessionState,
  reply: NextReply | { readonly type: "unreachable" },
): SessionDecision {
  if (reply.type === "unreachable") return { state, effects: [{ type: "close", unheard: true }, NOTHING] };
  if (reply.type !== "call") return { state, effects: [NOTHING] };
  const unsent: EndedCall = { callId: reply.call.callId, outcome: { type: "not-sent" } };
  return { state, effects: [{ type: "close", ended: unsent }, NOTHING] };
}

function end(state: SessionState, outcome: CallOutcome): SessionDecision {
  if (state.name === "quiet") return { state, effects: [] };
  const calling = state.name === "calling" ? state : undefined;
  return { state: QUIET, effects: [{ type: "close", ...ended(calling, outcome) }] };
}

function ended(
  calling: Calling | undefined,
  outcome: CallOutcome | undefined,
): { readonly ended?: EndedCall } {
  if (calling === undefined || outcome === undefined) return {};
  return { ended: { callId: calling.call.callId, outcome } };
}
