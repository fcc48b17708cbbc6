import { asError, subjects, type Bus, type Clock, type Log, type Store } from "../ports/index.ts";

/** How often groups that ask for times are looked at anew. */
const SWEEP_MS = 300_000;
/** Devices to a commit, so that none is long; others get in between. */
const BATCH = 200;

interface CountingPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Looks at all devices for the groups that are to be counted: what an earlier run left, a new expression, and now and then
 * those that ask for times. It goes on from where the store says that it came to.
 */
export function startCounting(ports: CountingPorts): { close(): Promise<void> } {
  const { bus, store, clock, log } = ports;
  let isClosed = false;
  let isAsked = false;
  let running: Promise<void> | undefined;

  async function countWhileAsked(): Promise<void> {
    while (isAsked && !isClosed) {
      const { goesOn } = await store.commit("count-groups", { at: clock.now(), limit: BATCH }, "soon");
      isAsked = goesOn;
    }
  }
  function run(): void {
    isAsked = true;
    running ??= countWhileAsked()
      .catch((error: unknown) => {
        log.warn("groups could not be counted", { error: asError(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }
  function sweep(): void {
    timer = clock.after(SWEEP_MS, sweep);
    store.commit("recount-groups", { at: clock.now() }, "soon").then(run, (error: unknown) => {
      log.warn("groups that ask for times wait to be counted", { error: asError(error) });
    });
  }

  const changes = bus.subscribe(subjects.everyConfigChanged, ({ what }) => {
    if (what === "groups") run();
  });
  let timer = clock.after(SWEEP_MS, sweep);
  run();
  return {
    async close() {
      isClosed = true;
      timer.cancel();
      changes.unsubscribe();
      await running;
    },
  };
}
