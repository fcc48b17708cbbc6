import type { Closing } from "./closing.ts";
import type { ConnectionDecision, ConnectionEffect, ConnectionState } from "./connection.ts";

export const over: ConnectionState = { name: "over" };

export function stay(state: ConnectionState, effects: readonly ConnectionEffect[] = []): ConnectionDecision {
  return { state, effects };
}

/** The ACS ends the connection. */
export function close(closing: Closing): ConnectionDecision {
  return { state: over, effects: [{ type: "close", closing }] };
}

/** The ACS ends the connection, and the device is to come back: to wherever it is taken then. */
export const sendAway: ConnectionDecision = { state: over, effects: [{ type: "send-away" }] };

/** What comes before the effects of another decision. */
export function after(effects: readonly ConnectionEffect[], next: ConnectionDecision): ConnectionDecision {
  return effects.length === 0 ? next : { state: next.state, effects: [...effects, ...next.effects] };
}
