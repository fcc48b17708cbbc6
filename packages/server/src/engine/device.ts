import { unreachable, type CallId, type CallOutcome } from "../ports/index.ts";
import { expire, isOut, lost } from "./calls.ts";
import {
  callNext,
  graceEnd,
  isCurrent,
  opened,
  reply,
  rousing,
  sessionCallOver,
  sessionOver,
} from "./classic.ts";
import { each, stay, then, withoutConnection } from "./decision.ts";
import { attached, connected, disconnected, flow, forsaken, returned } from "./light.ts";
import { loss, operationEvent } from "./operation.ts";
import { giveUpOwed, settleByEvents, unsettled } from "./settle.ts";
import type { Change, Decision, DeviceInput, DeviceState } from "./state.ts";
import { afterWake, nextWakeAt, planned } from "./wake-plan.ts";

type Of<T extends DeviceInput["type"]> = Extract<DeviceInput, { type: T }>;

/** A device that may have run a call before its link broke is left this long to tell of it by itself. */
const EVIDENCE_GRACE_MS = 120_000;

/**
 * The device state machine: what the ACS does next for one device. `fresh` is an id that was never used, for the first call
 * of this decision; further ones are made from it.
 */
export function decide(state: DeviceState, input: DeviceInput, fresh: CallId): Decision {
  return rousing(decideOn(state, input, fresh));
}

function decideOn(state: DeviceState, input: DeviceInput, fresh: CallId): Decision {
  switch (input.type) {
    case "opened":
      return opened(state, input);
    case "connected":
      return connected(state, input);
    case "attached":
      return attached(state, input, fresh);
    case "informed":
      return then(settleByEvents(state, input), (next) => flow(next, fresh, input.now));
    case "doubted":
      return doubted(state);
    case "ready":
      return ready(state, input, fresh);
    case "returned":
      return returned(state, input, fresh);
    case "closed":
      return closed(state, input, fresh);
    case "accepted":
      return accepted(state, input, fresh);
    case "cancel":
      return cancel(state, input);
    case "settled":
      return settled(state, input, fresh);
    case "relieved":
      return relieved(state);
    case "rotated":
      return rotated(state, input.now, fresh);
    case "woken":
      return woken(state, input);
    case "resumed":
      return resumed(state, input.now, fresh);
    case "time":
      return time(state, input.now, fresh);
    default:
      return unreachable(input);
  }
}

/** When the loop must say what time it is; undefined where nothing waits for it. */
export function nextTime(state: DeviceState): number | undefined {
  const waiting = state.queue.filter((operation) => !isOut(state, operation));
  const times = waiting.map((operation) => operation.expiresAt);
  if (state.wake.nextAt !== undefined && state.waking === undefined) times.push(state.wake.nextAt);
  if (state.graceUntil !== undefined) times.push(state.graceUntil);
  if (state.owedUntil !== undefined) times.push(state.owedUntil);
  if (state.connection?.transport === "light" && state.connection.haltedUntil !== undefined) {
    times.push(state.connection.haltedUntil);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/** An answer that a session brings counts, though another connection may be the device's by now. */
function ready(state: DeviceState, input: Of<"ready">, fresh: CallId): Decision {
  const isNewest = isCurrent(state, input);
  const over = sessionCallOver(state, input, isNewest);
  if (isNewest) return then(over, (next) => callNext(next, fresh, input.now));
  return then(
    then(over, (next) => flow(next, fresh, input.now)),
    (next) => reply(next, "superseded"),
  );
}

function closed(state: DeviceState, input: Of<"closed">, fresh: CallId): Decision {
  const { connection } = state;
  if (connection?.id !== input.connection) {
    return then(sessionOver(state, input), (next) => flow(next, fresh, input.now));
  }
  if (connection.transport === "light") {
    return then(disconnected(state, input), (next) => planWake(next, input.now));
  }
  const { graceMs } = connection;
  const over = then(sessionOver(state, input), (next) => stay(withoutConnection(next)));
  return then(over, (next) => {
    if (graceMs === undefined) return planWake(next, input.now);
    return planWake({ ...next, graceUntil: graceEnd(next, graceMs, input.now) }, input.now);
  });
}

/** The device informs beside its light connection, which may have broken without anybody being told. */
function doubted(state: DeviceState): Decision {
  const { connection } = state;
  if (connection?.transport !== "light") return stay(state);
  return { state, effects: [{ type: "probe", gateway: connection.gateway, connection: connection.id }] };
}

function accepted(state: DeviceState, input: Of<"accepted">, fresh: CallId): Decision {
  const isKnown = state.queue.some((operation) => operation.id === input.operation.id);
  const queue = isKnown ? state.queue : [...state.queue, input.operation];
  const called = flow({ ...state, queue }, fresh, input.now);
  return then(called, (next) => planWake(next, input.now));
}

/** An operation that is over stands in nobody's way. */
function settled(state: DeviceState, input: Of<"settled">, fresh: CallId): Decision {
  const queue = state.queue.filter(({ id }) => id !== input.operation);
  return then(flow({ ...state, queue }, fresh, input.now), (next) => planWake(next, input.now));
}

/** What was counted is forgotten; the store has forgotten it already. */
function relieved({ strain: _, ...rest }: DeviceState): Decision {
  return stay(rest);
}

function rotated(state: DeviceState, now: number, fresh: CallId): Decision {
  const { connection } = state;
  const isTold =
    connection !== undefined && (connection.transport === "light" || connection.graceMs === undefined);
  if (!isTold) return { state, effects: [{ type: "answer-rotate", answer: "later" }] };
  const called = flow({ ...state, connection: { ...connection, credentials: "wanted" } }, fresh, now);
  return { state: called.state, effects: [...called.effects, { type: "answer-rotate", answer: "now" }] };
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

/**
 * Work was left: by an earlier engine, or by a turn that failed. Calls may be without an answer; nobody else will bring those
 * of a device that does not attach.
 */
function resumed(state: DeviceState, now: number, fresh: CallId): Decision {
  const left: CallOutcome = { type: "no-answer", detail: "the ACS stopped before its answer came" };
  const lostCalls = state.connection === undefined ? unsettled(state) : [];
  const settled = each(state, lostCalls, (reached, operation) =>
    lost(reached, operation, loss(operation, left, { now, attaches: reached.attaches })),
  );
  const expired = then(settled, (next) => expireDue(next, now));
  return then(
    then(expired, (next) => flow(next, fresh, now)),
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

function time(state: DeviceState, now: number, fresh: CallId): Decision {
  const given =
    state.owedUntil !== undefined && state.owedUntil <= now ? giveUpOwed(state, now) : stay(state);
  const here = then(given, (next) => forsaken(next, now));
  const expired = then(here, (next) => expireDue(next, now));
  const lapsed = then(expired, (next) => (isGraceOver(next, now) ? lapse(next, now) : stay(next)));
  return then(
    then(lapsed, (next) => flow(next, fresh, now)),
    (next) => {
      const isDue = next.wake.nextAt !== undefined && next.wake.nextAt <= now;
      const isAway = state.connection !== undefined && next.connection === undefined;
      const mustPlan = isDue || isAway || next.queue.length === 0 || state.attaches !== next.attaches;
      return mustPlan ? planWake(next, now) : stay(next);
    },
  );
}

function expireDue(state: DeviceState, now: number): Decision {
  const due = state.queue.filter((operation) => operation.expiresAt <= now && !isOut(state, operation));
  return each(state, due, (next, operation) => expire(next, operation, now));
}

function isGraceOver({ graceUntil }: DeviceState, now: number): boolean {
  return graceUntil !== undefined && graceUntil <= now;
}

/** A device that opened no light connection in time is served in its sessions until it does [LIGHT 1.3]. */
function lapse(state: DeviceState, now: number): Decision {
  const { graceUntil: _, ...rest } = state;
  const next: DeviceState = serving({ ...rest, attaches: false });
  const change: Change = {
    type: "lapse-device",
    change: {
      device: state.key,
      events: [{ at: now, device: state.key, name: "light-lapsed", data: {} }],
    },
  };
  const left: CallOutcome = { type: "no-answer", detail: "the device did not come back to answer it" };
  const settled = each(next, unsettled(next), (reached, operation) =>
    lost(reached, operation, loss(operation, left, { now, attaches: false })),
  );
  return { state: settled.state, effects: [{ type: "commit", change }, ...settled.effects] };
}

/** A session that is open when its device lapses serves from then on. */
function serving(state: DeviceState): DeviceState {
  const { connection } = state;
  if (connection?.transport !== "classic") return state;
  const { graceMs: _, ...rest } = connection;
  return { ...state, connection: rest };
}

/**
 * Work that waits wakes the device, also during a session, which may end before it takes the work: at once, or at the time
 * the plan allows. A device that has a light connection, or is about to open one, need not be woken.
 */
function planWake(state: DeviceState, now: number): Decision {
  const [head] = state.queue;
  if (head === undefined) return stay({ ...state, wake: planned(state.wake, undefined) });
  if (isExpected(state)) return stay({ ...state, wake: planned(state.wake, undefined) });
  if (state.waking !== undefined) return stay(state);
  const allowed = nextWakeAt(state.wake, now);
  const at =
    allowed === undefined || head.claim === undefined || isOut(state, head)
      ? allowed
      : Math.max(allowed, Math.min(head.claim.at, now) + EVIDENCE_GRACE_MS);
  if (at !== undefined && at <= now) {
    return {
      state: { ...state, wake: planned(state.wake, undefined), waking: "out" },
      effects: [{ type: "wake" }],
    };
  }
  return stay({ ...state, wake: planned(state.wake, at) });
}

function isExpected({ connection, graceUntil }: DeviceState): boolean {
  if (graceUntil !== undefined || connection?.transport === "light") return true;
  return connection?.graceMs !== undefined;
}
