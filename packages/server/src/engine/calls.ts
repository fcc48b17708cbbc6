import type { DeviceKey, RpcOutcome } from "@heliograph/protocol";
import {
  unreachable,
  type CallId,
  type CallOutcome,
  type Claim,
  type EndedCall,
  type OperationRecord,
  type RefreshPlan,
} from "../ports/index.ts";
import { stay, then, withoutCall } from "./decision.ts";
import { end, without } from "./ending.ts";
import { lessonOf } from "./lesson.ts";
import {
  currentCall,
  endAfter,
  isExceeded,
  loss,
  operationEvent,
  passedOver,
  type Loss,
  type Unanswered,
} from "./operation.ts";
import { advance, isStrained, refreshEnd, shownBy } from "./refresh.ts";
import type {
  CallWay,
  Change,
  Decision,
  DeviceEffect,
  DeviceState,
  LiveConnection,
  OutCall,
} from "./state.ts";
import { ease, isSilent, strike } from "./strain.ts";
import { awaitedAfter } from "./transfer-plan.ts";

/** What the gateway says of a call it no longer knows. */
export function silence({ callId, transport }: OutCall): EndedCall {
  const detail = "the connection ended before the answer came";
  const owed = transport === "light" ? ({ owed: true } as const) : {};
  return { callId, outcome: { type: "no-answer", detail, ...owed } };
}

/** What becomes of a call of which its gateway never heard. */
export function unsent({ callId }: OutCall): EndedCall {
  return { callId, outcome: { type: "not-sent" } };
}

/** What is known of a call that could not be asked for once more. */
const STILL_OWED: CallOutcome = {
  type: "no-answer",
  detail: "it was sent before, and could not be asked for again",
  owed: true,
};

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
  const outcome = ended.outcome.type === "not-sent" && out.left ? STILL_OWED : ended.outcome;
  if (outcome.type === "answered") return answered(idle, { operation, outcome: outcome.outcome, now });
  if (operation.reads && isSilent(outcome)) {
    return then(unanswered(idle, { operation, outcome, now, goesOn }), (next) => strike(next, "silent", now));
  }
  if (operation.reads && outcome.type === "no-answer") return lostRead(idle, { operation, outcome, now });
  const staysOwed = outcome.type === "no-answer" && outcome.owed === true;
  if (goesOn && !staysOwed) return lost(idle, operation, passedOver(operation, outcome, now));
  return lost(idle, operation, loss(operation, outcome, { now, attaches: state.attaches }));
}

/** The connection was lost with a read: whether that was too much for the device, its next boot tells. */
function lostRead(
  state: DeviceState,
  { operation, outcome, now }: { operation: OperationRecord; outcome: Unanswered; now: number },
): Decision {
  const what = loss(operation, outcome, { now, attaches: state.attaches });
  return lost({ ...state, readLostAt: now }, operation, what);
}

/** A read that the device left unanswered; a refresh asks for less. */
function unanswered(
  state: DeviceState,
  {
    operation,
    outcome,
    now,
    goesOn,
  }: { operation: OperationRecord; outcome: Unanswered; now: number; goesOn: boolean },
): Decision {
  const { refresh } = operation;
  if (refresh === undefined) {
    return lost(
      state,
      operation,
      goesOn
        ? passedOver(operation, outcome, now)
        : loss(operation, outcome, { now, attaches: state.attaches }),
    );
  }
  const tookMs = now - (operation.claim?.at ?? now);
  const next = advance(refresh, { outcome: undefined, now, tookMs });
  const over = refreshEnd(next, now);
  if (over === undefined) return release(state, { ...operation, refresh: next }, next);
  return then(release(state, { ...operation, refresh: next }, next), (reached) => {
    const released = reached.queue.find(({ id }) => id === operation.id);
    return released === undefined ? stay(reached) : end(reached, released, over);
  });
}

/** The operation whose call has this id. */
export function claimedAs({ queue }: DeviceState, callId: CallId): OperationRecord | undefined {
  return queue.find((operation) => operation.claim?.callId === callId);
}

/**
 * Records how an operation's call came back, on the connection that is open now, wherever it had left, or on the one that it
 * left by where none is open any more. Where a gateway still holds the call, it stays out until that one tells.
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
  if (operation.claim === undefined || call === undefined) return stay(state);
  const connection = state.connection ?? lastOf(state, operation.claim);
  if (connection === undefined) return stay(state);
  const refresh = refreshed(operation, outcome, now);
  const awaited = awaitedAfter(operation, outcome, now);
  const over = refresh === undefined ? endAfter(operation, outcome, now) : refreshEnd(refresh, now);
  const next = awaited === undefined ? over?.state : "transferring";
  const lesson = outcome.result === undefined ? undefined : lessonOf(call, outcome.result, now);
  const change: Change = {
    type: "record-outcome",
    change: {
      operation: operation.id,
      device: state.key,
      callId: operation.claim.callId,
      connection: connection.id,
      generation: connection.generation,
      // What a refresh brought is learned, and stands nowhere else.
      outcome: refresh === undefined || outcome.result === undefined ? outcome : { result: {} },
      ...(lesson === undefined ? {} : { lesson }),
      ...(refresh === undefined ? {} : { refresh }),
      ...(awaited === undefined ? (over === undefined ? {} : { end: over }) : { transfer: awaited }),
      events: next === undefined ? [] : [operationEvent(operation, next, now)],
    },
  };
  const queue =
    next === undefined ? onceMore(state, operation, { outcome, refresh }) : without(state, operation);
  const shown = refresh === undefined || over === undefined ? [] : taughtBy(state.key, refresh, now);
  const kept: Decision = {
    state: { ...state, queue },
    effects: [change, ...shown].map((each) => ({ type: "commit", change: each })),
  };
  return then(kept, (next) => borne(next, { operation, outcome, now }));
}

/** The connection that a call left by, where none was opened since. */
function lastOf(
  { generation }: DeviceState,
  { connection: id, generation: left }: Claim,
): Pick<LiveConnection, "id" | "generation"> | undefined {
  return left === generation ? { id, generation } : undefined;
}

/** The plan of a refresh after the answer to its RPC. */
function refreshed(operation: OperationRecord, outcome: RpcOutcome, now: number): RefreshPlan | undefined {
  if (operation.refresh === undefined) return undefined;
  return advance(operation.refresh, { outcome, now, tookMs: now - (operation.claim?.at ?? now) });
}

/** What a refresh that is over showed of its device, where it was not known. */
function taughtBy(device: DeviceKey, refresh: RefreshPlan, at: number): readonly Change[] {
  const observed = shownBy(refresh);
  if (Object.keys(observed).length === 0) return [];
  const events = [{ at, device, name: "quirk-learned", data: observed }];
  return [{ type: "learn-quirks", change: { device, observed, at, events } }];
}

/** What an answer says of how the device bears being read. */
function borne(
  state: DeviceState,
  { operation, outcome, now }: { operation: OperationRecord; outcome: RpcOutcome; now: number },
): Decision {
  if (!operation.reads) return stay(state);
  if (outcome.fault === undefined) return ease(state, now);
  const { refresh } = operation;
  const isStrike = refresh === undefined ? isExceeded(outcome) : isStrained(refresh, outcome);
  return isStrike ? strike(state, "resources", now) : stay(state);
}

function onceMore(
  { queue }: DeviceState,
  operation: OperationRecord,
  { outcome, refresh }: { outcome: RpcOutcome; refresh: RefreshPlan | undefined },
): readonly OperationRecord[] {
  const { claim: _, ...rest } = operation;
  const on: OperationRecord = {
    ...rest,
    state: "queued",
    attempts: 0,
    ...(refresh === undefined ? { outcomes: [...operation.outcomes, outcome] } : { refresh }),
  };
  return queue.map((other) => (other.id === operation.id ? on : other));
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
 * before it is over, and nothing before a write that is under way or awaits evidence. A refresh takes long, and makes way
 * between its RPCs for whatever else there is.
 */
export function startable(state: DeviceState): OperationRecord | undefined {
  // One whose calls are all made would be tried for ever, and for nothing.
  const queue = state.queue.filter((operation) => currentCall(operation) !== undefined);
  const others = queue.filter(({ refresh, claim: sent }) => refresh === undefined || sent !== undefined);
  const next = firstOf(others);
  if (next !== undefined || others.some(({ reads, refresh }) => !reads || refresh !== undefined)) return next;
  return queue.find(({ refresh }) => refresh !== undefined);
}

function firstOf(queue: readonly OperationRecord[]): OperationRecord | undefined {
  for (const [index, operation] of queue.entries()) {
    if (operation.claim === undefined) return operation.reads || index === 0 ? operation : undefined;
    if (!operation.reads) return undefined;
  }
  return undefined;
}

/**
 * Marks an operation's RPC as sent over the connection, and hands it out. One that an earlier owner of the connection marked
 * is asked for again: its gateway knows whether it left.
 */
export function claim(
  state: DeviceState,
  connection: LiveConnection,
  { operation, callId, now }: { operation: OperationRecord; callId: CallId; now: number },
): Decision {
  const call = currentCall(operation);
  if (call === undefined) return stay(state);
  const isFirst = operation.outcomes.length === 0 && operation.attempts === 0;
  const again = operation.claim?.connection === connection.id;
  const left = operation.claim === undefined ? {} : ({ left: true } as const);
  const at = again ? operation.claim.at : now;
  const mark: Claim = { callId, connection: connection.id, generation: connection.generation, at };
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
    attempts: operation.attempts + (again ? 0 : 1),
  };
  const queue = state.queue.map((other) => (other.id === operation.id ? running : other));
  return {
    state: { ...state, queue, out: [...state.out, { ...outOn(connection, callId, "operation"), ...left }] },
    effects: [
      { type: "commit", change },
      {
        ...{ type: "call", operation: operation.id, callId, call, way: wayOf(connection) },
        ...(again ? { again } : {}),
      },
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

function release(state: DeviceState, operation: OperationRecord, refresh?: RefreshPlan): Decision {
  if (operation.claim === undefined) return stay(state);
  const { claim: taken, ...rest } = operation;
  const change: Change = {
    type: "release-call",
    change: {
      operation: operation.id,
      callId: taken.callId,
      ...(refresh === undefined ? {} : { refresh }),
      events: [],
    },
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
