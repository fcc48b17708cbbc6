import type { CallId, OperationId, Store } from "../../ports/index.ts";
import { isRecorded } from "./traceparent.ts";

/** Of so many operations and calls it is known which span they belong to; the oldest are forgotten first. */
const MOST_KNOWN = 10_000;

/**
 * Which spans operations and their calls belong to: a call leaves when its device comes, long after whoever asked for it was
 * answered. Kept in memory: what is asked of a device after a restart, or by another engine, begins a trace of its own.
 */
export class CallBook {
  readonly #operations = new Map<string, string>();
  readonly #calls = new Map<string, string>();

  noteOperation(operation: string, traceparent: string): void {
    if (isRecorded(traceparent)) keep(this.#operations, operation, traceparent);
  }

  ofOperation(operation: string): string | undefined {
    return this.#operations.get(operation);
  }

  ofCall(call: string): string | undefined {
    return this.#calls.get(call);
  }

  /** A store whose claims say which operation a call is made for. */
  watching(store: Store): Store {
    const commit = store.commit.bind(store);
    const watched: Pick<Store, "commit"> = {
      commit: (type, change, urgency) => {
        if (type === "claim-call" && isClaim(change)) this.#claimed(change);
        return commit(type, change, urgency);
      },
    };
    return Object.assign(store, watched);
  }

  #claimed({ operation, claim }: Claiming): void {
    const traceparent = this.#operations.get(operation);
    if (traceparent !== undefined) keep(this.#calls, claim.callId, traceparent);
  }
}

interface Claiming {
  readonly operation: OperationId;
  readonly claim: { readonly callId: CallId };
}

function isClaim(change: object): change is Claiming {
  return "claim" in change && "operation" in change;
}

function keep(known: Map<string, string>, key: string, traceparent: string): void {
  known.delete(key);
  known.set(key, traceparent);
  const [oldest] = known.keys();
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
}
