/** Where an operation stands. The first three go on; the others are ends. */
export const operationStates = [
  "queued",
  "running",
  "transferring",
  "done",
  "faulted",
  "expired",
  "cancelled",
  "outcome-unknown",
] as const;

export type OperationState = (typeof operationStates)[number];
export type EndState = Exclude<OperationState, "queued" | "running" | "transferring">;

export function isOperationState(value: unknown): value is OperationState {
  return operationStates.some((state) => state === value);
}

export function isEnd(state: OperationState): state is EndState {
  return state !== "queued" && state !== "running" && state !== "transferring";
}
