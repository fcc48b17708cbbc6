import { setImmediate } from "node:timers/promises";
import type { VirtualClock } from "@heliograph/testkit";
import type { OperationId, OperationRecord, Store } from "../ports/index.ts";

/** Resolves once the operation is in this state; time does not pass meanwhile. */
export async function untilState(
  { store, clock }: { readonly store: Pick<Store, "operation">; readonly clock: VirtualClock },
  id: OperationId,
  state: OperationRecord["state"],
): Promise<OperationRecord> {
  for (;;) {
    const operation = await store.operation(id);
    if (operation?.state === state) return operation;
    await setImmediate();
    await clock.advance(0);
  }
}
