import { asError, type Clock, type Log, type Store } from "../ports/index.ts";
import { leadOf } from "./clock-jump.ts";

/** How long what grows is kept; whatever comes first. */
export interface Retention {
  readonly eventsMs: number;
  readonly maxEvents: number;
  readonly operationsMs: number;
  readonly auditMs: number;
}

const PAUSE_MS = 60_000;
const BATCH = 1_000;
/** More than a million rows a minute is not written either. */
const MAX_BATCHES = 1_000;

interface RetentionPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Deletes what is older than the retention allows, once a minute, batch after batch, so that no commit is long. */
export function startRetention(ports: RetentionPorts, retention: Retention): { close(): void } {
  const { clock, log } = ports;
  let timer = clock.after(PAUSE_MS, run);
  let isClosed = false;
  const began = leadOf(clock);
  // Nothing is old because the clock was set forward: the next start believes it, a person may have looked by then.
  const now = (): number => Math.floor(Math.min(clock.now(), began + clock.elapsed()));
  function run(): void {
    prune(ports.store, { retention, now: now(), isClosed: () => isClosed }).catch((error: unknown) => {
      log.warn("nothing could be pruned", { error: asError(error) });
    });
    timer = clock.after(PAUSE_MS, run);
  }
  return {
    close() {
      isClosed = true;
      timer.cancel();
    },
  };
}

interface Pruning {
  readonly retention: Retention;
  readonly now: number;
  readonly isClosed: () => boolean;
}

async function prune(store: Store, { retention, now, isClosed }: Pruning): Promise<void> {
  const change = {
    eventsBefore: now - retention.eventsMs,
    operationsEndedBefore: now - retention.operationsMs,
    auditBefore: now - retention.auditMs,
    maxEvents: retention.maxEvents,
    limit: BATCH,
  };
  for (let batch = 0; batch < MAX_BATCHES && !isClosed(); batch += 1) {
    const { deleted } = await store.commit("prune", change);
    if (deleted === 0) return;
  }
}
