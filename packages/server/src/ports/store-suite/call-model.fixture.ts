import { unreachable } from "../unreachable.ts";
import type { Pair } from "../call-changes.ts";

/** What somebody does with an operation of one device; operations are named by the digit of their ids. */
export type CallAction =
  | { readonly type: "claim"; readonly operation: string; readonly pair: Pair; readonly call: string }
  | { readonly type: "release"; readonly operation: string; readonly pair: Pair; readonly call: string }
  | {
      readonly type: "record";
      readonly operation: string;
      readonly pair: Pair;
      readonly call: string;
      readonly last: boolean;
    }
  | {
      readonly type: "end";
      readonly operation: string;
      readonly pair: Pair;
      readonly from: "queued" | "running";
    };

export interface ModelOperation {
  readonly digit: string;
  readonly reads: boolean;
  attempts: number;
  /** The call that is out, and the connection that it was claimed for last. */
  out: string | undefined;
  on: string | undefined;
  /** The call that was released last, while none was claimed or recorded since. */
  released: string | undefined;
  readonly recorded: Set<string>;
  ended: "cancelled" | "done" | undefined;
}

/** What a store promises of one device's connections and calls, in plain code. */
export class CallModel {
  readonly operations: ModelOperation[] = [];
  #holder: Pair | undefined;
  #isOpen = false;
  #isLight = false;

  /** Whether calls go over a light connection, so that a session gets none. */
  get isLight(): boolean {
    return this.#isOpen && this.#isLight;
  }

  get open(): readonly ModelOperation[] {
    return this.operations.filter(({ ended }) => ended === undefined);
  }

  opened(pair: Pair, isLight: boolean): void {
    this.#holder = pair;
    this.#isOpen = true;
    this.#isLight = isLight;
  }

  accepted(digit: string, reads: boolean): void {
    this.operations.push({
      digit,
      reads,
      attempts: 0,
      out: undefined,
      on: undefined,
      released: undefined,
      recorded: new Set(),
      ended: undefined,
    });
  }

  /** Each gives whether the store holds it. */
  closed(pair: Pair): boolean {
    if (pair !== this.#holder) return false;
    this.#isOpen = false;
    return true;
  }

  took(action: CallAction): boolean {
    const operation = this.operations.find(({ digit }) => digit === action.operation);
    if (operation === undefined) return false;
    switch (action.type) {
      case "claim":
        return this.#claimed(operation, action);
      case "release":
        return released(operation, action.call, action.pair === this.#holder);
      case "record":
        return this.#recorded(operation, action);
      case "end":
        return ended(operation, action.from, action.pair === this.#holder);
      default:
        return unreachable(action);
    }
  }

  #claimed(
    operation: ModelOperation,
    { pair, call }: { readonly pair: Pair; readonly call: string },
  ): boolean {
    const isAgain = operation.out === call;
    if (isAgain && operation.on === pair.connection) return true;
    if (!this.#isOpen || pair !== this.#holder) return false;
    const isUsed = operation.released === call || operation.recorded.has(call);
    if (!isAgain && (!this.#isNext(operation) || isUsed)) return false;
    operation.out = call;
    operation.on = pair.connection;
    operation.released = undefined;
    operation.attempts += 1;
    return true;
  }

  /** A write waits for all that came before it, a read for the writes. */
  #isNext(operation: ModelOperation): boolean {
    if (operation.out !== undefined || operation.ended !== undefined) return false;
    const earlier = this.open.slice(0, this.open.indexOf(operation));
    return earlier.every(({ reads }) => reads && operation.reads);
  }

  #recorded(operation: ModelOperation, action: Extract<CallAction, { type: "record" }>): boolean {
    if (operation.recorded.has(action.call)) return true;
    if (operation.out !== action.call || action.pair !== this.#holder) return false;
    operation.recorded.add(action.call);
    operation.out = undefined;
    if (action.last) operation.ended = "done";
    else operation.attempts = 0;
    return true;
  }
}

function released(operation: ModelOperation, call: string, isHolders: boolean): boolean {
  if (operation.ended !== undefined) return false;
  if (operation.out !== call) return operation.out === undefined && operation.released === call;
  if (!isHolders) return false;
  operation.out = undefined;
  operation.released = call;
  return true;
}

function ended(operation: ModelOperation, from: "queued" | "running", isHolders: boolean): boolean {
  if (operation.ended !== undefined) return operation.ended === "cancelled";
  if (!isHolders) return false;
  if ((operation.out === undefined ? "queued" : "running") !== from) return false;
  operation.ended = "cancelled";
  operation.out = undefined;
  return true;
}
