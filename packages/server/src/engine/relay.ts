import {
  subjects,
  type Bus,
  type Clock,
  type EventRecord,
  type Log,
  type OperationState,
  type Store,
} from "../ports/index.ts";

const BATCH = 500;
/** The store's hint may be lost; nobody waits longer than this for an event. */
const POLL_MS = 1_000;

export interface Relay {
  /** Publishes what is stored by now, then stops. */
  close(): Promise<void>;
}

/**
 * Carries the store's events to the bus, in order and at least once: the position is stored after the events were
 * published, so a crash in between publishes some of them again.
 */
export async function startRelay(ports: {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Relay> {
  const { bus, store, clock, log } = ports;
  let position = await store.relayPosition();
  let stored = position;
  let running: Promise<void> | undefined;
  let asked = false;
  let closed = false;

  async function publishAll(): Promise<void> {
    for (;;) {
      const events = await store.events({ after: position, limit: BATCH });
      for (const event of events) publishEvent(bus, event);
      position = events.at(-1)?.id ?? position;
      if (events.length < BATCH) return;
    }
  }

  async function storePosition(): Promise<void> {
    if (position === stored) return;
    const moved = position;
    await store.commit("move-relay", { position: moved });
    stored = moved;
  }

  function run(): void {
    asked = true;
    running ??= (async () => {
      while (asked) {
        asked = false;
        await publishAll();
      }
    })()
      .catch((error: unknown) => {
        log.error("relay stopped for now", { error: error instanceof Error ? error : undefined });
      })
      .finally(() => {
        running = undefined;
      });
  }

  const hints = store.onEvents(run);
  const poll = (): void => {
    if (closed) return;
    run();
    void storePosition().catch(() => undefined);
    timer = clock.after(POLL_MS, poll);
  };
  let timer = clock.after(POLL_MS, poll);
  run();

  return {
    async close() {
      closed = true;
      timer.cancel();
      hints.unsubscribe();
      await running;
      await publishAll();
      await storePosition();
    },
  };
}

function publishEvent(bus: Bus, event: EventRecord): void {
  const { id, at, device, name, operation, data } = event;
  if (operation === undefined) {
    bus.publish(subjects.deviceEvent(device, name), { id, at, device, name, data });
    return;
  }
  const state = stateOf(data["state"]);
  if (state !== undefined)
    bus.publish(subjects.operationChanged(operation), { id, at, device, operation, state });
}

const STATES: readonly OperationState[] = [
  "queued",
  "running",
  "done",
  "faulted",
  "expired",
  "cancelled",
  "outcome-unknown",
];

function stateOf(value: unknown): OperationState | undefined {
  return STATES.find((state) => state === value);
}
