import { unreachable, type CallOutcome, type InformEvent } from "../ports/index.ts";
import { answered, callEnded, callNext, expire, isOut, lost, silence } from "./calls.ts";
import { stay, then, withoutConnection } from "./decision.ts";
import { loss, operationEvent, settleByInform } from "./operation.ts";
import type { Change, Decision, DeviceInput, DeviceState, LiveConnection } from "./state.ts";
import { afterWake, nextWakeAt, planned } from "./wake-plan.ts";

type Of<T extends DeviceInput["type"]> = Extract<DeviceInput, { type: T }>;

/** A device that may have run a call before its link broke is left this long to tell of it by itself. */
const EVIDENCE_GRACE_MS = 120_000;

/** The device state machine: what the ACS does next for one device. */
export function decide(state: DeviceState, input: DeviceInput): Decision {
  switch (input.type) {
    case "opened":
      return opened(state, input);
    case "ready":
      return ready(state, input);
    case "closed":
      return closed(state, input);
    case "accepted":
      return accepted(state, input);
    case "cancel":
      return cancel(state, input);
    case "woken":
      return woken(state, input);
    case "resumed":
      return resumed(state, input.now);
    case "time":
      return time(state, input.now);
    default:
      return unreachable(input);
  }
}

/** When the loop must say what time it is; undefined where nothing waits for it. */
export function nextTime(state: DeviceState): number | undefined {
  const waiting = state.queue.filter((operation) => !isOut(state, operation));
  const times = waiting.map((operation) => operation.expiresAt);
  if (state.wake.nextAt !== undefined && state.waking === undefined) times.push(state.wake.nextAt);
  return times.length === 0 ? undefined : Math.min(...times);
}

function opened(state: DeviceState, input: Of<"opened">): Decision {
  const { device, operations } = input;
  const isWanted = device.credentials === "none" || device.credentials === "staged";
  const connection: LiveConnection = {
    id: input.connection,
    generation: input.generation,
    credentials: isWanted && device.facts.root !== undefined ? "wanted" : "settled",
  };
  const { last } = device.wake;
  const wake = last === undefined ? { attempts: 0 } : { attempts: 0, last };
  const waking = state.waking === undefined ? {} : { waking: "overtaken" as const };
  return settleHead({ key: state.key, connection, queue: operations, wake, ...waking }, input);
}

/** The first operation may have a call out that was lost with an earlier connection. */
function settleHead(
  state: DeviceState,
  { events, now }: { readonly events: readonly InformEvent[]; readonly now: number },
): Decision {
  const [head] = state.queue;
  if (head?.claim === undefined) return stay(state);
  const settled = settleByInform(head, events, now);
  return settled.type === "ran"
    ? answered(state, { head, outcome: settled.outcome, now })
    : lost(state, head, settled);
}

function ready(state: DeviceState, input: Of<"ready">): Decision {
  const { connection } = state;
  if (connection?.id !== input.connection || connection.generation !== input.generation) {
    return { state, effects: [{ type: "reply", reply: "superseded" }] };
  }
  return then(callOver(state, input), (next) => callNext(next, input.fresh, input.now));
}

function closed(state: DeviceState, input: Of<"closed">): Decision {
  if (state.connection?.id !== input.connection) return stay(state);
  return then(callOver(state, input), (next) => planWake(withoutConnection(next), input.now));
}

/** Settles the call that was out, which the gateway must account for. */
function callOver(state: DeviceState, input: Of<"ready"> | Of<"closed">): Decision {
  const out = state.connection?.out;
  if (out === undefined) return stay(state);
  return callEnded(state, input.ended ?? silence(out), { now: input.now, goesOn: input.type === "ready" });
}

function accepted(state: DeviceState, input: Of<"accepted">): Decision {
  const isKnown = state.queue.some((operation) => operation.id === input.operation.id);
  const queue = isKnown ? state.queue : [...state.queue, input.operation];
  return planWake({ ...state, queue }, input.now);
}

function cancel(state: DeviceState, input: Of<"cancel">): Decision {
  const found = state.queue.find((operation) => operation.id === input.operation);
  if (found === undefined) return { state, effects: [{ type: "answer-cancel", answer: "ended" }] };
  if (found.claim !== undefined) return { state, effects: [{ type: "answer-cancel", answer: "running" }] };
  const { now, manager } = input;
  const change: Change = {
    type: "end-operation",
    change: {
      operation: found.id,
      from: "queued",
      end: { state: "cancelled", at: now, reason: `cancelled by ${manager}` },
      audit: {
        at: now,
        manager,
        action: "cancel-operation",
        device: state.key,
        detail: { operation: found.id },
      },
      events: [operationEvent(found, "cancelled", now)],
    },
  };
  return {
    state: { ...state, queue: state.queue.filter((operation) => operation !== found) },
    effects: [
      { type: "commit", change },
      { type: "answer-cancel", answer: "cancelled" },
    ],
  };
}

/** An earlier engine may have left a call without an answer; nobody else will bring it. */
function resumed(state: DeviceState, now: number): Decision {
  const [head] = state.queue;
  const left: CallOutcome = { type: "no-answer", detail: "the ACS stopped before its answer came" };
  const isLost = head?.claim !== undefined && state.connection === undefined;
  const settled = isLost ? lost(state, head, loss(head, left, now)) : stay(state);
  return then(
    then(settled, (next) => time(next, now)),
    (next) => planWake(next, now),
  );
}

function woken(state: DeviceState, input: Of<"woken">): Decision {
  const { outcome, now } = input;
  const { waking, ...rest } = state;
  const tried = waking === "overtaken" ? { attempts: 0, last: outcome } : afterWake(state.wake, outcome);
  const isServed = state.queue.length === 0 || state.connection !== undefined;
  const wake = planned(tried, isServed ? undefined : nextWakeAt(tried, now));
  const data = { result: outcome.result, detail: outcome.detail };
  const change: Change = {
    type: "record-wake",
    change: {
      device: state.key,
      wake,
      events: [{ at: now, device: state.key, name: "connection-request-sent", data }],
    },
  };
  return { state: { ...rest, wake }, effects: [{ type: "commit", change }] };
}

function time(state: DeviceState, now: number): Decision {
  const due = state.queue.filter((operation) => operation.expiresAt <= now && !isOut(state, operation));
  const expired = due.reduce<Decision>(
    (decision, operation) => then(decision, (next) => expire(next, operation, now)),
    stay(state),
  );
  return then(expired, (next) => {
    const isDue = next.wake.nextAt !== undefined && next.wake.nextAt <= now;
    return isDue || next.queue.length === 0 ? planWake(next, now) : stay(next);
  });
}

/**
 * Work that waits wakes the device, also during a session, which may end before it takes the work: at once, or at the time
 * the plan allows.
 */
function planWake(state: DeviceState, now: number): Decision {
  const [head] = state.queue;
  if (head === undefined) return stay({ ...state, wake: planned(state.wake, undefined) });
  if (state.waking !== undefined) return stay(state);
  const allowed = nextWakeAt(state.wake, now);
  const at =
    allowed === undefined || head.claim === undefined || isOut(state, head)
      ? allowed
      : Math.max(allowed, head.claim.at + EVIDENCE_GRACE_MS);
  if (at !== undefined && at <= now) {
    return {
      state: { ...state, wake: planned(state.wake, undefined), waking: "out" },
      effects: [{ type: "wake" }],
    };
  }
  return stay({ ...state, wake: planned(state.wake, at) });
}
