import {
  unreachable,
  type CallId,
  type CallOutcome,
  type Claim,
  type EndedCall,
  type OperationEnd,
  type OperationRecord,
} from "../ports/index.ts";
import { stay, then, withoutCall } from "./decision.ts";
import { lessonOf } from "./lesson.ts";
import { currentCall, endAfter, loss, operationEvent, passedOver, type Loss } from "./operation.ts";
import type { Change, Decision, DeviceEffect, DeviceState, LiveConnection, OutCall } from "./state.ts";

/** What the gateway says of a call it no longer knows. */
export function silence(out: OutCall): EndedCall {
  return {
    callId: out.callId,
    outcome: { type: "no-answer", detail: "the session ended before the answer came" },
  };
}

/** True while the operation's call is out on a live connection, whose own time-out bounds it. */
export function isOut(state: DeviceState, operation: OperationRecord): boolean {
  return operation.claim !== undefined && state.connection?.out?.callId === operation.claim.callId;
}

/** The call that was out ended, and its connection with it or not: its operation goes on, ends, or is asked again. */
export function callEnded(
  state: DeviceState,
  ended: EndedCall,
  { now, goesOn }: { readonly now: number; readonly goesOn: boolean },
): Decision {
  const { connection } = state;
  if (connection?.out === undefined || connection.out.callId !== ended.callId) return stay(state);
  const idle = withoutCall(state, connection);
  if (connection.out.for === "credentials")
    return { state: idle, effects: credentialsEnded(ended.outcome, now) };
  const [head] = idle.queue;
  if (head === undefined) return stay(idle);
  const { outcome } = ended;
  if (outcome.type === "answered") return answered(idle, { head, outcome: outcome.outcome, now });
  return lost(idle, head, goesOn ? passedOver(head, outcome, now) : loss(head, outcome, now));
}

/** Records how the first operation's call came back, on the connection that is open now. */
export function answered(
  state: DeviceState,
  {
    head,
    outcome,
    now,
  }: { head: OperationRecord; outcome: OperationRecord["outcomes"][number]; now: number },
): Decision {
  const call = currentCall(head);
  if (head.claim === undefined || state.connection === undefined || call === undefined) return stay(state);
  const over = endAfter(head, outcome, now);
  const lesson = outcome.result === undefined ? undefined : lessonOf(call, outcome.result, now);
  const change: Change = {
    type: "record-outcome",
    change: {
      operation: head.id,
      device: state.key,
      callId: head.claim.callId,
      connection: state.connection.id,
      generation: state.connection.generation,
      outcome,
      ...(lesson === undefined ? {} : { lesson }),
      ...(over === undefined ? {} : { end: over }),
      events: over === undefined ? [] : [operationEvent(head, over.state, now)],
    },
  };
  const { claim: _, ...rest } = head;
  const on: OperationRecord = {
    ...rest,
    state: "queued",
    attempts: 0,
    outcomes: [...head.outcomes, outcome],
  };
  const queue = over === undefined ? [on, ...state.queue.slice(1)] : state.queue.slice(1);
  return { state: { ...state, queue }, effects: [{ type: "commit", change }] };
}

/** Acts on a call that came to nothing. */
export function lost(state: DeviceState, head: OperationRecord, what: Loss): Decision {
  switch (what.type) {
    case "again":
      return release(state, head);
    case "await-evidence":
      return stay(state);
    case "end":
      return end(state, head, what.end);
    default:
      return unreachable(what);
  }
}

export function end(state: DeviceState, operation: OperationRecord, how: OperationEnd): Decision {
  const change: Change = {
    type: "end-operation",
    change: {
      operation: operation.id,
      from: operation.claim === undefined ? "queued" : "running",
      end: how,
      events: [operationEvent(operation, how.state, how.at)],
    },
  };
  const queue = state.queue.filter((other) => other.id !== operation.id);
  return { state: { ...state, queue }, effects: [{ type: "commit", change }] };
}

/** Ends an operation whose time is over; one whose call was sent may have run. */
export function expire(state: DeviceState, operation: OperationRecord, now: number): Decision {
  const claimed = operation.claim !== undefined;
  return end(state, operation, {
    state: claimed ? "outcome-unknown" : "expired",
    at: now,
    reason: claimed
      ? "sent, and not answered before it expired"
      : "the device was not reached before it expired",
  });
}

/**
 * What the connection carries next: credentials first, then the first operation, unless its call awaits evidence of an
 * earlier sending.
 */
export function callNext(state: DeviceState, fresh: CallId, now: number): Decision {
  const { connection } = state;
  if (connection === undefined) return { state, effects: [{ type: "reply", reply: "superseded" }] };
  if (connection.credentials === "wanted") {
    const out: OutCall = { callId: fresh, for: "credentials" };
    return {
      state: { ...state, connection: { ...connection, credentials: "tried", out } },
      effects: [{ type: "send-credentials", callId: fresh }],
    };
  }
  const [head] = state.queue;
  if (head === undefined || head.claim !== undefined) {
    return { state, effects: [{ type: "reply", reply: "nothing" }] };
  }
  if (head.expiresAt <= now) return then(expire(state, head, now), (next) => callNext(next, fresh, now));
  const mark: Claim = {
    callId: fresh,
    connection: connection.id,
    generation: connection.generation,
    at: now,
  };
  return claim(state, connection, { head, mark });
}

function claim(
  state: DeviceState,
  connection: LiveConnection,
  { head, mark }: { readonly head: OperationRecord; readonly mark: Claim },
): Decision {
  const call = currentCall(head);
  if (call === undefined) return { state, effects: [{ type: "reply", reply: "nothing" }] };
  const isFirst = head.outcomes.length === 0 && head.attempts === 0;
  const events = isFirst ? [operationEvent(head, "running", mark.at)] : [];
  const change: Change = {
    type: "claim-call",
    change: { operation: head.id, device: state.key, claim: mark, events },
  };
  const running: OperationRecord = { ...head, state: "running", claim: mark, attempts: head.attempts + 1 };
  const out: OutCall = { callId: mark.callId, for: "operation" };
  return {
    state: { ...state, queue: [running, ...state.queue.slice(1)], connection: { ...connection, out } },
    effects: [
      { type: "commit", change },
      { type: "call", callId: mark.callId, call },
    ],
  };
}

function release(state: DeviceState, head: OperationRecord): Decision {
  if (head.claim === undefined) return stay(state);
  const { claim: taken, ...rest } = head;
  const change: Change = {
    type: "release-call",
    change: { operation: head.id, callId: taken.callId, events: [] },
  };
  const queue: OperationRecord[] = [{ ...rest, state: "queued" }, ...state.queue.slice(1)];
  return { state: { ...state, queue }, effects: [{ type: "commit", change }] };
}

function credentialsEnded(outcome: CallOutcome, now: number): readonly DeviceEffect[] {
  if (outcome.type !== "answered") return [];
  const { fault } = outcome.outcome;
  const detail = fault === undefined ? "" : `${fault.code} ${fault.message}`;
  return [{ type: "settle-credentials", accepted: fault === undefined, detail, now }];
}
