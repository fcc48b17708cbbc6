import { subjects, type Bus, type Clock, type Store, type Timer } from "../ports/index.ts";

/** What is stored within so long is told of once. */
const TOGETHER_MS = 20;

interface Ports {
  readonly bus: Bus;
  readonly store: Pick<Store, "onEvents">;
  readonly clock: Clock;
}

/** Tells the engine that carries events to the bus, wherever it runs, that this process stored some. */
export function tellOfEvents({ bus, store, clock }: Ports): { close(): void } {
  let waiting: Timer | undefined;
  const tell = (): void => {
    waiting = undefined;
    bus.publish(subjects.stored, { what: "events" });
  };
  const stored = store.onEvents(() => {
    waiting ??= clock.after(TOGETHER_MS, tell);
  });
  return {
    close() {
      stored.unsubscribe();
      if (waiting === undefined) return;
      waiting.cancel();
      tell();
    },
  };
}
