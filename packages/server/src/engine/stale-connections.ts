import {
  asError,
  subjects,
  type Bus,
  type Clock,
  type EngineId,
  type Log,
  type Store,
} from "../ports/index.ts";

/** A gateway that is still there has found another engine long before, or has closed its connections [LIGHT 2]. */
const GRACE_MS = 60_000;
const ASK_MS = 2_000;

interface Ports {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export interface StaleConnections {
  /** An engine is gone: whatever it held is looked at in a while. */
  engineLeft(): void;
  close(): void;
}

/**
 * Closes the light connections of engines that are gone and that no gateway brought back: their gateways are gone with them.
 * Begins with what stands when it starts.
 */
export function closeStale(
  ports: Ports,
  { engine, living }: { readonly engine: EngineId; readonly living: () => readonly EngineId[] },
): StaleConnections {
  const { bus, store, clock, log } = ports;
  let timer = clock.after(GRACE_MS, run);
  function again(): void {
    timer.cancel();
    timer = clock.after(GRACE_MS, run);
  }
  async function close(): Promise<void> {
    // Whoever has lost the bus hears nobody, and would take all for gone.
    await bus.request(subjects.engines, { engine }, { timeoutMs: ASK_MS });
    await store.commit("close-stale-connections", { at: clock.now(), living: living() });
  }
  function run(): void {
    close().catch((error: unknown) => {
      log.warn("connections of engines that are gone could not be closed", { error: asError(error) });
      again();
    });
  }
  return {
    engineLeft: again,
    close() {
      timer.cancel();
    },
  };
}
