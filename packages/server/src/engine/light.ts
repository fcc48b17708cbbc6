import { callId, type CallId, type EndedCall, type OperationRecord } from "../ports/index.ts";
import {
  answered,
  callCredentials,
  callEnded,
  claim,
  claimedAs,
  expire,
  lost,
  silence,
  startable,
} from "./calls.ts";
import { COME_BACK } from "./come-back.ts";
import { isWanted } from "./credentials.ts";
import { each, stay, then, withoutConnection } from "./decision.ts";
import { loss, MAX_ATTEMPTS } from "./operation.ts";
import { unsettled } from "./settle.ts";
import type { Change, Decision, DeviceInput, DeviceState, LightConnection, LightLimits } from "./state.ts";

type Of<T extends DeviceInput["type"]> = Extract<DeviceInput, { type: T }>;

/** To whom a newer connection of the same device was opened [LIGHT 2]. */
const REPLACED = { code: 4000, reason: "the device opened another connection" } as const;

/** A gateway knows for two minutes what became of a connection's calls; the clocks of engines may differ. */
const REMEMBERED_MS = 60_000;

/** A gateway that took no call says within this what became of the connection. */
const HALTED_MS = 10_000;

/** An engine that heard a device's Inform passes on within this what it proves. */
const PROOF_MS = 5_000;

/** A light connection opened: the newest wins. Calls wait until the device is ready for them. */
export function connected(state: DeviceState, input: Of<"connected">): Decision {
  const { device, operations, replaced, now } = input;
  if (isOurs(state, input)) return stay({ ...state, queue: operations });
  const connection: LightConnection = {
    transport: "light",
    id: input.connection,
    generation: input.generation,
    gateway: input.gateway,
    owedMs: input.owedMs,
    credentials: isWanted(device) ? "wanted" : "settled",
  };
  const { last } = device.wake;
  const next: DeviceState = {
    key: state.key,
    generation: input.generation,
    connection,
    queue: operations,
    out: state.out,
    wake: last === undefined ? { attempts: 0 } : { attempts: 0, last },
    attaches: true,
    ...(device.lastBootAt === undefined ? {} : { bootedAt: device.lastBootAt }),
    ...(state.waking === undefined ? {} : { waking: "overtaken" as const }),
    ...(device.strain === undefined ? {} : { strain: device.strain }),
    ...(state.readLostAt === undefined ? {} : { readLostAt: state.readLostAt }),
  };
  const gone = state.out.filter(({ transport }) => transport === "light");
  const settled = each(next, gone, (reached, call) =>
    callEnded(reached, silence(call), { now, goesOn: false }),
  );
  if (replaced === undefined) return settled;
  const close = {
    type: "disconnect",
    gateway: replaced.gateway,
    connection: replaced.id,
    ...REPLACED,
  } as const;
  return { state: settled.state, effects: [...settled.effects, close] };
}

/** Whether it is open here, and was announced once more: its calls stay out. */
function isOurs({ connection }: DeviceState, input: Of<"connected">): boolean {
  return connection?.id === input.connection && connection.generation === input.generation;
}

/**
 * The device is ready for calls. Of what it may owe, the calls that may be sent twice are; others leave again with their id
 * where it keeps answers, and are awaited where it does not.
 */
export function attached(state: DeviceState, input: Of<"attached">, fresh: CallId): Decision {
  const { connection } = state;
  if (connection?.transport !== "light" || connection.id !== input.connection) return stay(state);
  const { maxInFlight, replayWindow, now } = input;
  const { haltedUntil: _, ...going } = connection;
  const ready: LightConnection = { ...going, limits: { maxInFlight, replayWindow } };
  const known: DeviceState = { ...state, connection: ready };
  const settled = each(known, unsettled(known), (reached, operation) => {
    const outcome = { type: "no-answer", detail: "each connection ended before its answer came" } as const;
    return lost(reached, operation, loss(operation, outcome, { now, attaches: !isTired(operation) }));
  });
  return then(
    then(settled, (next) => flow(next, fresh, now)),
    (next) => stay(awaiting(next, now)),
  );
}

/** The call that an earlier connection or owner left, and that may be asked for again with its id. */
function replayable(
  state: DeviceState,
  connection: LightConnection,
  now: number,
): OperationRecord | undefined {
  return unsettled(state).find(
    (operation) =>
      isKnown(operation, connection, now) && !isTired(operation) && !isForgotten(operation, state),
  );
}

/** Whether the id is known to the device, or on a connection that changed hands to its gateway: it does not run twice. */
function isKnown({ claim: sent }: OperationRecord, connection: LightConnection, now: number): boolean {
  if (sent?.connection !== connection.id) return (connection.limits?.replayWindow ?? 0) > 0;
  return sent.generation !== connection.generation && now - sent.at < REMEMBERED_MS;
}

/**
 * Whether the device booted since the call was made, and may have lost the answer that it kept: the Inform that told of the
 * boot settles the call, also where another engine was told of it and has yet to say so.
 */
function isForgotten({ claim: sent }: OperationRecord, { bootedAt }: DeviceState): boolean {
  return sent !== undefined && bootedAt !== undefined && sent.at <= bootedAt;
}

function isTired({ attempts }: OperationRecord): boolean {
  return attempts >= MAX_ATTEMPTS;
}

/** What a device that is here owes is awaited only so long, and what it has forgotten no longer than proof may take. */
function awaiting(state: DeviceState, now: number): DeviceState {
  const { owedUntil, ...rest } = state;
  const owed = unsettled(rest);
  if (state.connection?.transport !== "light" || owed.length === 0) return rest;
  const isForgottenAll = owed.every((operation) => isForgotten(operation, state));
  const ms = isForgottenAll ? PROOF_MS : state.connection.owedMs;
  return { ...rest, owedUntil: owedUntil ?? now + ms };
}

/** A call on a light connection is over, on the one that is open or on an earlier one. */
export function returned(state: DeviceState, input: Of<"returned">, fresh: CallId): Decision {
  const { ended, now } = input;
  // On a connection that changed hands the same call may have been asked for by whoever owned it before.
  const isOut =
    input.generation === state.generation &&
    state.out.some((call) => call.callId === ended.callId && call.connection === input.connection);
  const over = isOut ? callEnded(state, ended, { now, goesOn: true }) : answeredLate(state, ended, now);
  if (isOut && isLast(ended)) return then(over, (next) => stay(halted(next, input)));
  return then(
    then(over, (next) => stay(awaiting(next, now))),
    (next) => flow(next, fresh, now),
  );
}

/** Whether the connection took no call, or ended with this one. */
function isLast({ outcome }: EndedCall): boolean {
  return outcome.type === "not-sent" || (outcome.type === "no-answer" && outcome.owed === true);
}

/** A connection that is about to be reported closed: no call is tried on it until the device attaches again. */
function halted(state: DeviceState, { connection: id, now }: Of<"returned">): DeviceState {
  const { connection } = state;
  if (connection?.transport !== "light" || connection.id !== id) return state;
  const { limits: _, ...rest } = connection;
  return { ...state, connection: { ...rest, haltedUntil: now + HALTED_MS } };
}

/** Neither came about: a word was lost on its way. The device is to come back. */
export function forsaken(state: DeviceState, now: number): Decision {
  const { connection } = state;
  if (connection?.transport !== "light" || connection.haltedUntil === undefined) return stay(state);
  if (connection.haltedUntil > now) return stay(state);
  const { id, generation, gateway } = connection;
  const detail = "it took no call, and its end was not reported";
  const over = disconnected(state, { type: "closed", now, connection: id, generation, detail });
  const close = { type: "disconnect", gateway, connection: id, ...COME_BACK } as const;
  return { state: over.state, effects: [...over.effects, close] };
}

/** An answer counts on whatever connection the call left, and after its end; that there was none was settled before. */
function answeredLate(state: DeviceState, { callId: id, outcome }: EndedCall, now: number): Decision {
  const operation = claimedAs(state, id);
  if (operation === undefined || outcome.type !== "answered") return stay(state);
  return answered(state, { operation, outcome: outcome.outcome, now });
}

/** The light connection ended. Its calls may be owed; whether they are, the device tells when it comes back. */
export function disconnected(state: DeviceState, input: Of<"closed">): Decision {
  const { connection, generation, now, detail = "the connection ended" } = input;
  const change: Change = {
    type: "close-connection",
    change: {
      key: state.key,
      connection,
      generation,
      events: [{ at: now, device: state.key, name: "disconnected", data: { detail } }],
    },
  };
  const gone = state.out.filter((call) => call.connection === connection);
  const { owedUntil: _, ...rest } = withoutConnection(state);
  const settled = each(rest, gone, (reached, call) =>
    callEnded(reached, silence(call), { now, goesOn: false }),
  );
  return { state: settled.state, effects: [{ type: "commit", change }, ...settled.effects] };
}

/**
 * Calls what the light connection has room for. Nothing while a call is out on a session: that is settled first
 * [LIGHT 1.3].
 */
export function flow(state: DeviceState, fresh: CallId, now: number): Decision {
  let decision = stay(state);
  for (let number = 0; ; number += 1) {
    const id = number === 0 ? fresh : callId(`${fresh}-${number}`);
    const next = callOne(decision.state, id, now);
    if (next === undefined) return decision;
    decision = then(decision, () => next);
  }
}

function callOne(state: DeviceState, id: CallId, now: number): Decision | undefined {
  const { connection, out } = state;
  if (connection?.transport !== "light" || connection.limits === undefined) return undefined;
  if (out.length >= connection.limits.maxInFlight || out.some((call) => call.connection !== connection.id))
    return undefined;
  const owed = replayable(state, connection, now);
  if (owed?.claim !== undefined) {
    return claim(state, connection, { operation: owed, callId: owed.claim.callId, now });
  }
  if (connection.credentials === "wanted" && !mightForget(state, connection.limits)) {
    return callCredentials(state, connection, id);
  }
  const operation = startable(state);
  if (operation === undefined) return undefined;
  if (operation.expiresAt <= now) return expire(state, operation, now);
  return claim(state, connection, { operation, callId: id, now });
}

/**
 * Whether a device that keeps few answers could lose the one of a write for that of another call: the write would run twice
 * if it had to be asked again. Each connection may bring one such call before the write is given up.
 */
function mightForget({ queue }: DeviceState, { replayWindow }: LightLimits): boolean {
  const isShort = replayWindow > 0 && replayWindow <= MAX_ATTEMPTS;
  return isShort && queue.some(({ claim: sent, reads }) => sent !== undefined && !reads);
}
