import type { FileStore, Metrics, Store } from "../../ports/index.ts";
import type { PoolFigures, StoreFigures } from "../../store/store-figures.ts";

type WatchedStore = Store & { readonly figures: StoreFigures };

/** Watches the store's queue, its outbox, its connections, and whether it takes changes. */
export function watchStore(store: WatchedStore, metrics: Metrics): void {
  metrics.watch("heliograph_store_commits_total", {}, () => store.figures.commits);
  metrics.watch("heliograph_store_changes_total", {}, () => store.figures.changes);
  metrics.watch("heliograph_store_waiting_changes", {}, () => store.figures.waiting);
  metrics.watch("heliograph_store_refusing", {}, () => (store.refusal === undefined ? 0 : 1));
  metrics.watch("heliograph_relay_waiting_events", {}, async () => {
    const position = await store.relayPosition();
    return Math.max(0, (await store.lastEventId()) - position);
  });
  if (store.figures.pools === undefined) return;
  for (const use of ["writing", "reading"] as const) {
    watchPool(use, () => store.figures.pools?.[use], metrics);
  }
}

function watchPool(use: string, pool: () => PoolFigures | undefined, metrics: Metrics): void {
  metrics.watch("heliograph_store_connections", { use, state: "busy" }, () => pool()?.busy ?? 0);
  metrics.watch("heliograph_store_connections", { use, state: "idle" }, () => pool()?.idle ?? 0);
  metrics.watch("heliograph_store_connections_awaited", { use }, () => pool()?.awaited ?? 0);
}

export function watchFiles(files: FileStore, metrics: Metrics): void {
  metrics.watch("heliograph_files", {}, async () => (await files.files()).length);
  metrics.watch("heliograph_files_bytes", {}, async () =>
    (await files.files()).reduce((total, { bytes }) => total + bytes, 0),
  );
}
