import type { OperationId, Subscription } from "../ports/index.ts";
import type { Change } from "./state.ts";

/** Tells those who wait in this process of an operation's end as soon as it is stored; the bus tells everybody later. */
export class Endings {
  readonly #listeners = new Map<OperationId, Set<() => void>>();

  onEnd(operation: OperationId, listener: () => void): Subscription {
    const listeners = this.#listeners.get(operation) ?? new Set();
    this.#listeners.set(operation, listeners.add(listener));
    return {
      unsubscribe: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(operation);
      },
    };
  }

  /** The change is on disk. */
  stored({ type, change }: Change): void {
    const isEnd = type === "end-operation" || (type === "record-outcome" && change.end !== undefined);
    if (isEnd) this.tell(change.operation);
  }

  tell(operation: OperationId): void {
    for (const listener of this.#listeners.get(operation) ?? []) listener();
  }
}
