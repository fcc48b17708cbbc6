import { asError, type Clock, type Log, type Store } from "../ports/index.ts";

/** How long what grows is kept; whatever comes first. */
export interface Retention {
  readonly eventsMs: number;
  readonly maxEvents: number;
  readonly operationsMs: number;
  readonly auditMs: number;
}

const PAUSE_MS = 60_000;
const BATCH = 1_000;

/** Deletes what is older than the retention allows, a bounded batch a minute. */
export function startRetention(
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  retention: Retention,
): { close(): void } {
  const prune = (): void => {
    const now = clock.now();
    const change = {
      eventsBefore: now - retention.eventsMs,
      operationsEndedBefore: now - retention.operationsMs,
      auditBefore: now - retention.auditMs,
      maxEvents: retention.maxEvents,
      limit: BATCH,
    };
    store.commit("prune", change).catch((error: unknown) => {
      log.warn("nothing could be pruned", { error: asError(error) });
    });
    timer = clock.after(PAUSE_MS, prune);
  };
  let timer = clock.after(PAUSE_MS, prune);
  return {
    close() {
      timer.cancel();
    },
  };
}
