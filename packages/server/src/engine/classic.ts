import type { CallId, ConnectionId, EndedCall, GatewayId, OperationRecord } from "../ports/index.ts";
import { callCredentials, callEnded, claim, expire, outOn, silence, startable, unsent } from "./calls.ts";
import { each, stay, then } from "./decision.ts";
import { isWanted } from "./credentials.ts";
import { settleByOpening } from "./settle.ts";
import type { ClassicConnection, Decision, DeviceInput, DeviceState } from "./state.ts";

/** A session that hands over is short: one whose gateway says nothing for so long is over, and nobody could say so. */
const LONGEST_HANDOVER_MS = 60_000;

type Opened = Extract<DeviceInput, { type: "opened" }>;
type Ready = Extract<DeviceInput, { type: "ready" }>;

/** A session opened. A device that is referred, and has not lapsed, is called nothing in it [LIGHT 1.3]. */
export function opened(state: DeviceState, input: Opened): Decision {
  const { device, operations, offer, graceMs } = input;
  const attaches = device.light !== undefined && !device.light.lapsed;
  const handsOver = attaches && offer !== undefined;
  const connection: ClassicConnection = {
    transport: "classic",
    id: input.connection,
    generation: input.generation,
    credentials: !handsOver && isWanted(device) ? "wanted" : "settled",
    ...(offer?.byParameter === true ? { offer } : {}),
    ...(handsOver ? { graceMs } : {}),
  };
  const { last } = device.wake;
  const wake = last === undefined ? { attempts: 0 } : { attempts: 0, last };
  const next: DeviceState = {
    key: state.key,
    generation: input.generation,
    connection,
    queue: operations,
    out: [],
    wake,
    attaches,
    ...(state.waking === undefined ? {} : { waking: "overtaken" }),
    ...(device.strain === undefined ? {} : { strain: device.strain }),
    ...(state.readLostAt === undefined ? {} : { readLostAt: state.readLostAt }),
    // The time it was given first: a device that informs ever again and opens no light connection lapses all the same.
    ...(handsOver ? { graceUntil: state.graceUntil ?? input.now + LONGEST_HANDOVER_MS + graceMs } : {}),
  };
  // Reads that a session before still had out were not answered: the device is here again.
  const silent = state.out.filter(({ callId }) => isRead(operations, callId));
  const over = each({ ...next, out: silent }, silent, (reached, call) =>
    callEnded(reached, silence(call), { now: input.now, goesOn: false }),
  );
  const settled = then(over, (reached) => settleByOpening(reached, input));
  return then(settled, (reached) => stay(resting(reached, input.gateway)));
}

/** Most sessions carry nothing: their gateway is told so at once, and need not ask. */
function resting(state: DeviceState, gateway: GatewayId): DeviceState {
  const { connection } = state;
  if (connection?.transport !== "classic" || hasWork(state, connection)) return state;
  return { ...state, connection: { ...connection, resting: gateway } };
}

/** Where something is to be called after all, the gateway that rests is told to ask. */
export function rousing(decision: Decision): Decision {
  const { state, effects } = decision;
  const { connection } = state;
  if (connection?.transport !== "classic" || connection.resting === undefined) return decision;
  if (!hasWork(state, connection)) return decision;
  const { resting: gateway, ...roused } = connection;
  return {
    state: { ...state, connection: roused },
    effects: [{ type: "rouse", gateway, connection: connection.id }, ...effects],
  };
}

function hasWork({ queue, out }: DeviceState, { offer, graceMs, credentials }: ClassicConnection): boolean {
  const isReferred = offer !== undefined || graceMs !== undefined;
  return isReferred || credentials === "wanted" || queue.length > 0 || out.length > 0;
}

function isRead(operations: readonly OperationRecord[], callId: CallId): boolean {
  return operations.some(({ claim: sent, reads }) => reads && sent?.callId === callId);
}

/** What a session carries next, for the gateway that asks. */
export function callNext(state: DeviceState, fresh: CallId, now: number): Decision {
  const { connection } = state;
  if (connection?.transport !== "classic") return reply(state, "superseded");
  if (connection.offer !== undefined) return callReference(state, connection, fresh);
  if (connection.graceMs !== undefined) {
    return reply({ ...state, graceUntil: graceEnd(state, connection.graceMs, now) }, "nothing");
  }
  if (connection.credentials === "wanted") return callCredentials(state, connection, fresh);
  const operation = state.out.length > 0 ? undefined : startable(state);
  if (operation === undefined) return reply(state, "nothing");
  if (operation.expiresAt <= now) {
    return then(expire(state, operation, now), (next) => callNext(next, fresh, now));
  }
  return claim(state, connection, { operation, callId: fresh, now });
}

/** When a device has lapsed whose session hands over and ends now. */
export function graceEnd({ graceUntil = Infinity }: DeviceState, graceMs: number, now: number): number {
  return Math.min(graceUntil, now + graceMs);
}

interface SessionTold {
  readonly connection: ConnectionId;
  readonly ended?: EndedCall;
  readonly unheard?: true;
  readonly now: number;
}

/** How the call that was out on a session ended; where the gateway does not say, it was never answered. */
export function sessionCallOver(
  state: DeviceState,
  { connection, ended, now }: SessionTold,
  goesOn: boolean,
): Decision {
  const own = state.out.filter((call) => call.connection === connection);
  const over = ended === undefined ? own : own.filter((call) => call.callId === ended.callId);
  return each(state, over, (reached, call) => callEnded(reached, ended ?? silence(call), { now, goesOn }));
}

/** A session ended, and with it every call that was out on it; one of which its gateway never heard was not sent. */
export function sessionOver(state: DeviceState, told: SessionTold): Decision {
  const { connection, ended, unheard, now } = told;
  const over = ended === undefined ? stay(state) : sessionCallOver(state, told, false);
  return then(over, (next) => {
    const left = next.out.filter((call) => call.connection === connection);
    return each(next, left, (reached, call) =>
      callEnded(reached, unheard ? unsent(call) : silence(call), { now, goesOn: false }),
    );
  });
}

/** Where the session is the device's own; whoever holds an older one is told so. */
export function isCurrent(
  { connection }: DeviceState,
  input: Pick<Ready, "connection" | "generation">,
): boolean {
  return connection?.id === input.connection && connection.generation === input.generation;
}

export function reply(state: DeviceState, what: "nothing" | "superseded"): Decision {
  return { state, effects: [{ type: "reply", reply: what }] };
}

function callReference(state: DeviceState, connection: ClassicConnection, callId: CallId): Decision {
  const { offer, ...given } = connection;
  if (offer === undefined) return stay(state);
  const out = [...state.out, outOn(connection, callId, "reference")];
  return {
    state: { ...state, out, connection: given },
    effects: [{ type: "send-reference", callId, offer }],
  };
}
