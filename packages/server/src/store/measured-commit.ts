import type { Metrics } from "../ports/index.ts";

/** What a store is told to measure its commits by; left out, it does not. */
export interface Measured {
  readonly metrics?: Metrics;
}

/** A commit of which is known how long it took, and how much it held. */
export function measured<Q, A>(
  commit: (batch: readonly Q[]) => Promise<A>,
  metrics: Metrics | undefined,
): (batch: readonly Q[]) => Promise<A> {
  if (metrics === undefined) return commit;
  return async (batch) => {
    const began = performance.now();
    try {
      return await commit(batch);
    } finally {
      metrics.observe("heliograph_store_commit_seconds", {}, (performance.now() - began) / 1_000);
      metrics.observe("heliograph_store_batch_changes", {}, batch.length);
    }
  };
}
