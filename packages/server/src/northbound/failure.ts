import {
  BusClosedError,
  NobodyThereError,
  RequestTimedOutError,
  StoreBusyError,
  StoreClosedError,
  StoreFullError,
} from "../ports/index.ts";
import { refuse, refuseFor, type Refusal } from "./refusal.ts";

const SOON_MS = 1_000;

/** What a failed edge is to a manager; undefined where it is a bug or nothing that can be said. */
export function refusalOfFailure(thrown: unknown): Refusal | undefined {
  if (thrown instanceof StoreBusyError) {
    return refuseFor("store-busy", `${thrown.message}: ask again`, SOON_MS);
  }
  if (thrown instanceof StoreFullError) {
    return refuse("store-full", thrown.message);
  }
  if (thrown instanceof NobodyThereError) {
    return refuseFor(
      "no-engine",
      "no engine serves operations: nothing was accepted, ask again",
      5 * SOON_MS,
    );
  }
  if (thrown instanceof RequestTimedOutError) {
    return refuseFor(
      "no-engine",
      "the engine did not answer in time, the request may or may not have been carried out: look before asking again",
      5 * SOON_MS,
    );
  }
  if (thrown instanceof StoreClosedError || thrown instanceof BusClosedError) return closing();
  // Who was asked over the bus failed: why is in the cause.
  return thrown instanceof Error && thrown.cause !== undefined ? refusalOfFailure(thrown.cause) : undefined;
}

export function closing(): Refusal {
  return refuseFor("closing", "the ACS is shutting down: ask again in a moment", 5 * SOON_MS);
}
