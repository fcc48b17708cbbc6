import type { Decision, DeviceState, LiveConnection } from "./state.ts";

/** Nothing changes, nothing is done. */
export function stay(state: DeviceState): Decision {
  return { state, effects: [] };
}

/** One decision after another: the second starts from the state of the first, its effects follow. */
export function then(first: Decision, next: (state: DeviceState) => Decision): Decision {
  const second = next(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

export function withoutConnection(state: DeviceState): DeviceState {
  const { connection: _, ...rest } = state;
  return rest;
}

export function withoutCall(state: DeviceState, connection: LiveConnection): DeviceState {
  const { out: _, ...rest } = connection;
  return { ...state, connection: rest };
}
