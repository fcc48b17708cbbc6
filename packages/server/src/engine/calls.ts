import {
  unreachable,
  type CallId,
  type CallOutcome,
  type Claim,
  type EndedCall,
  type OperationEnd,
  type OperationRecord,
} from "../ports/index.ts";
import { stay, withoutCall } from "./decision.ts";
import { lessonOf } from "./lesson.ts";
import { currentCall, endAfter, loss, operationEvent, passedOver, type Loss } from "./operation.ts";
import type {
  CallWay,
  Change,
  Decision,
  DeviceEffect,
  DeviceState,
  LiveConnection,
  OutCall,
} from "./state.ts";

/** What the gateway says of a call it no longer knows. */
export function silence({ callId, transport }: OutCall): EndedCall {
  const detail = "the connection ended before the answer came";
  const owed = transport === "light" ? ({ owed: true } as const) : {};
  return { callId, outcome: { type: "no-answer", detail, ...owed } };
}

/** True while a gateway will tell how the operation's call ended, whose own time-out bounds it. */
export function isOut({ out }: DeviceState, { claim }: OperationRecord): boolean {
  return claim !== undefined && out.some((call) => call.callId === claim.callId);
}

/** A call that was out ended, and its connection with it or not: its operation goes on, ends, or is asked again. */
export function callEnded(
  state: DeviceState,
  ended: EndedCall,
  { now, goesOn }: { readonly now: number; readonly goesOn: boolean },
): Decision {
  const out = state.out.find((call) => call.callId === ended.callId);
  if (out === undefined) return stay(state);
  const idle = withoutCall(state, out.callId);
  if (out.for === "credentials") return { state: idle, effects: credentialsEnded(ended.outcome, now) };
  const operation = claimedAs(idle, ended.callId);
  if (out.for === "reference" || operation === undefined) return stay(idle);
  const { outcome } = ended;
  if (outcome.type === "answered") return answered(idle, { operation, outcome: outcome.outcome, now });
  const staysOwed = outcome.type === "no-answer" && outcome.owed === true;
  if (goesOn && !staysOwed) return lost(idle, operation, passedOver(operation, outcome, now));
  return lost(idle, operation, loss(operation, outcome, { now, attaches: state.attaches }));
}

/** The operation whose call has this id. */
export function claimedAs({ queue }: DeviceState, callId: CallId): OperationRecord | undefined {
  return queue.find((operation) => operation.claim?.callId === callId);
}

/**
 * Records how an operation's call came back, on the connection that is open now, wherever it had left. Where a gateway still
 * holds the call, it stays out until that one tells.
 */
export function answered(
  state: DeviceState,
  {
    operation,
    outcome,
    now,
  }: { operation: OperationRecord; outcome: OperationRecord["outcomes"][number]; now: number },
): Decision {
  const call = currentCall(operation);
  if (operation.claim === undefined || state.connection === undefined || call === undefined)
    return stay(state);
  const over = endAfter(operation, outcome, now);
  const lesson = outcome.result === undefined ? undefined : lessonOf(call, outcome.result, now);
  const change: Change = {
    type: "record-outcome",
    change: {
      operation: operation.id,
      device: state.key,
      callId: operation.claim.callId,
      connection: state.connection.id,
      generation: state.connection.generation,
      outcome,
      ...(lesson === undefined ? {} : { lesson }),
      ...(over === undefined ? {} : { end: over }),
      events: over === undefined ? [] : [operationEvent(operation, over.state, now)],
    },
  };
  const queue = over === undefined ? onceMore(state, operation, outcome) : without(state, operation);
  return { state: { ...state, queue }, effects: [{ type: "commit", change }] };
}

function onceMore(
  { queue }: DeviceState,
  operation: OperationRecord,
  outcome: OperationRecord["outcomes"][number],
): readonly OperationRecord[] {
  const { claim: _, ...rest } = operation;
  const on: OperationRecord = {
    ...rest,
    state: "queued",
    attempts: 0,
    outcomes: [...operation.outcomes, outcome],
  };
  return queue.map((other) => (other.id === operation.id ? on : other));
}

function without({ queue }: DeviceState, operation: OperationRecord): readonly OperationRecord[] {
  return queue.filter((other) => other.id !== operation.id);
}

/** Acts on a call that came to nothing. */
export function lost(state: DeviceState, operation: OperationRecord, what: Loss): Decision {
  switch (what.type) {
    case "again":
      return release(state, operation);
    case "await-evidence":
      return stay(state);
    case "end":
      return end(state, operation, what.end);
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
  return { state: { ...state, queue: without(state, operation) }, effects: [{ type: "commit", change }] };
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
 * The operation whose RPC may leave next. They run in the order they came: reads side by side, a write when everything
 * before it is over, and nothing before a write that is under way or awaits evidence.
 */
export function startable({ queue }: DeviceState): OperationRecord | undefined {
  for (const [index, operation] of queue.entries()) {
    if (operation.claim === undefined) return operation.reads || index === 0 ? operation : undefined;
    if (!operation.reads) return undefined;
  }
  return undefined;
}

/** Marks an operation's RPC as sent over the connection, and hands it out. */
export function claim(
  state: DeviceState,
  connection: LiveConnection,
  { operation, callId, now }: { operation: OperationRecord; callId: CallId; now: number },
): Decision {
  const call = currentCall(operation);
  if (call === undefined) return stay(state);
  const isFirst = operation.outcomes.length === 0 && operation.attempts === 0;
  const mark: Claim = { callId, connection: connection.id, generation: connection.generation, at: now };
  const change: Change = {
    type: "claim-call",
    change: {
      operation: operation.id,
      device: state.key,
      claim: mark,
      events: isFirst ? [operationEvent(operation, "running", now)] : [],
    },
  };
  const running: OperationRecord = {
    ...operation,
    state: "running",
    claim: mark,
    attempts: operation.attempts + 1,
  };
  const queue = state.queue.map((other) => (other.id === operation.id ? running : other));
  return {
    state: { ...state, queue, out: [...state.out, outOn(connection, callId, "operation")] },
    effects: [
      { type: "commit", change },
      { type: "call", callId, call, way: wayOf(connection) },
    ],
  };
}

/** Hands out the call that gives the device its credentials. */
export function callCredentials(state: DeviceState, connection: LiveConnection, callId: CallId): Decision {
  const out = [...state.out, outOn(connection, callId, "credentials")];
  return {
    state: { ...state, out, connection: { ...connection, credentials: "tried" } },
    effects: [{ type: "send-credentials", callId, way: wayOf(connection) }],
  };
}

export function outOn(connection: LiveConnection, callId: CallId, purpose: OutCall["for"]): OutCall {
  return { callId, connection: connection.id, transport: connection.transport, for: purpose };
}

function wayOf(connection: LiveConnection): CallWay {
  if (connection.transport === "classic") return "reply";
  const { gateway, id, generation } = connection;
  return { gateway, id, generation };
}

function release(state: DeviceState, operation: OperationRecord): Decision {
  if (operation.claim === undefined) return stay(state);
  const { claim: taken, ...rest } = operation;
  const change: Change = {
    type: "release-call",
    change: { operation: operation.id, callId: taken.callId, events: [] },
  };
  const queued: OperationRecord = { ...rest, state: "queued" };
  const queue = state.queue.map((other) => (other.id === operation.id ? queued : other));
  return { state: { ...state, queue }, effects: [{ type: "commit", change }] };
}

function credentialsEnded(outcome: CallOutcome, now: number): readonly DeviceEffect[] {
  if (outcome.type !== "answered") return [];
  const { fault } = outcome.outcome;
  const detail = fault === undefined ? "" : `${fault.code} ${fault.message}`;
  return [{ type: "settle-credentials", accepted: fault === undefined, detail, now }];
}
