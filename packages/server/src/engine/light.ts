import { callId, type CallId, type EndedCall } from "../ports/index.ts";
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
import { isWanted } from "./credentials.ts";
import { each, stay, then, withoutConnection } from "./decision.ts";
import { loss, MAX_ATTEMPTS } from "./operation.ts";
import { unsettled } from "./settle.ts";
import type { Change, Decision, DeviceInput, DeviceState, LightConnection } from "./state.ts";

type Of<T extends DeviceInput["type"]> = Extract<DeviceInput, { type: T }>;

/** How long a device that came back may take to send an answer it owes: as long as any call may. */
const OWED_MS = 60_000;
/** To whom a newer connection of the same device was opened [LIGHT 2]. */
const REPLACED = { code: 4000, reason: "the device opened another connection" } as const;

/** A light connection opened: the newest wins. Calls wait until the device is ready for them. */
export function connected(state: DeviceState, input: Of<"connected">): Decision {
  const { device, operations, replaced, now } = input;
  const connection: LightConnection = {
    transport: "light",
    id: input.connection,
    generation: input.generation,
    gateway: input.gateway,
    credentials: isWanted(device) ? "wanted" : "settled",
  };
  const { last } = device.wake;
  const next: DeviceState = {
    key: state.key,
    connection,
    queue: operations,
    out: state.out,
    wake: last === undefined ? { attempts: 0 } : { attempts: 0, last },
    attaches: true,
    ...(state.waking === undefined ? {} : { waking: "overtaken" as const }),
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

/** The device is ready for calls. What it may owe is asked for again where it keeps answers, and else awaited. */
export function attached(state: DeviceState, input: Of<"attached">, fresh: CallId): Decision {
  const { connection } = state;
  if (connection?.transport !== "light" || connection.id !== input.connection) return stay(state);
  const { maxInFlight, replayWindow, now } = input;
  const ready: LightConnection = { ...connection, limits: { maxInFlight, replayWindow } };
  return then(askOwed({ ...state, connection: ready }, ready, now), (next) => flow(next, fresh, now));
}

/** What may be sent again is; what must not run twice leaves with the id that it had, which the device knows. */
function askOwed(state: DeviceState, connection: LightConnection, now: number): Decision {
  const keeps = (connection.limits?.replayWindow ?? 0) > 0;
  const asked = each(state, unsettled(state), (reached, operation) => {
    const isTired = operation.attempts >= MAX_ATTEMPTS;
    const outcome = { type: "no-answer", detail: "each connection ended before its answer came" } as const;
    const what = loss(operation, outcome, { now, attaches: !isTired });
    if (operation.claim === undefined || what.type !== "await-evidence" || !keeps || isTired) {
      return lost(reached, operation, what);
    }
    return claim(reached, connection, { operation, callId: operation.claim.callId, now });
  });
  return then(asked, (next) => stay(awaiting(next, now)));
}

/** What a device that is here owes is awaited only so long. */
function awaiting(state: DeviceState, now: number): DeviceState {
  const { owedUntil = now + OWED_MS, ...rest } = state;
  return unsettled(rest).length > 0 ? { ...rest, owedUntil } : rest;
}

/** A call on a light connection is over, on the one that is open or on an earlier one. */
export function returned(state: DeviceState, input: Of<"returned">, fresh: CallId): Decision {
  const { ended, now } = input;
  const isOut = state.out.some(
    (call) => call.callId === ended.callId && call.connection === input.connection,
  );
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
function halted(state: DeviceState, { connection: id }: Of<"returned">): DeviceState {
  const { connection } = state;
  if (connection?.transport !== "light" || connection.id !== id) return state;
  const { limits: _, ...rest } = connection;
  return { ...state, connection: rest };
}

/** An answer counts on whatever connection the call left; that there was none was settled before. */
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
  if (connection.credentials === "wanted") return callCredentials(state, connection, id);
  const operation = startable(state);
  if (operation === undefined) return undefined;
  if (operation.expiresAt <= now) return expire(state, operation, now);
  return claim(state, connection, { operation, callId: id, now });
}
