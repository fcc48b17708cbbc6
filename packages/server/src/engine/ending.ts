import type { OperationEnd, OperationRecord } from "../ports/index.ts";
import { operationEvent } from "./operation.ts";
import type { Change, Decision, DeviceState } from "./state.ts";

export function end(state: DeviceState, operation: OperationRecord, how: OperationEnd): Decision {
  const change: Change = {
    type: "end-operation",
    change: {
      operation: operation.id,
      from: operation.claim === undefined ? "queued" : "running",
      end: how,
      events: [operationEvent(operation, how.state, how.at)],
    },
  };
  return { state: { ...state, queue: without(state, operation) }, effects: [{ type: "commit", change }] };
}

export function without({ queue }: DeviceState, operation: OperationRecord): readonly OperationRecord[] {
  return queue.filter((other) => other.id !== operation.id);
}
