import type { CallId } from "../ports/index.ts";
import type { Decision, DeviceState } from "./state.ts";

/** Nothing changes, nothing is done. */
export function stay(state: DeviceState): Decision {
  return { state, effects: [] };
}

/** One decision after another: the second starts from the state of the first, its effects follow. */
export function then(first: Decision, next: (state: DeviceState) => Decision): Decision {
  const second = next(first.state);
  return second.effects.length === 0
    ? { state: second.state, effects: first.effects }
    : { state: second.state, effects: [...first.effects, ...second.effects] };
}

/** One decision after another for each item. */
export function each<T>(
  state: DeviceState,
  items: readonly T[],
  next: (state: DeviceState, item: T) => Decision,
): Decision {
  return items.reduce<Decision>(
    (decision, item) => then(decision, (reached) => next(reached, item)),
    stay(state),
  );
}

export function withoutConnection(state: DeviceState): DeviceState {
  const { connection: _, ...rest } = state;
  return rest;
}

export function withoutCall(state: DeviceState, callId: CallId): DeviceState {
  return { ...state, out: state.out.filter((call) => call.callId !== callId) };
}
