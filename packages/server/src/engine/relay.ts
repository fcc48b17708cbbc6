import {
  asError,
  isOperationState,
  subjects,
  type Bus,
  type Clock,
  type EventRecord,
  type Log,
  type Store,
} from "../ports/index.ts";

const BATCH = 500;
/** The store's hint may be lost; nobody waits longer than this for an event. */
const POLL_MS = 1_000;

export interface Relay {
  /** Publishes what is stored by now, then stops. */
  close(): Promise<void>;
}

interface RelayPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Carries the store's events to the bus, in order and at least once: the position is stored after the events were
 * published, so a crash in between publishes some of them again.
 */
export async function startRelay(ports: RelayPorts): Promise<Relay> {
  const { bus, store, clock, log } = ports;
  const outbox = readOutbox(ports, await store.relayPosition());
  let running: Promise<void> | undefined;
  let isAsked = false;

  async function publishWhileAsked(): Promise<void> {
    while (isAsked) {
      isAsked = false;
      await outbox.publish();
    }
  }
  function run(): void {
    isAsked = true;
    running ??= publishWhileAsked()
      .catch((error: unknown) => {
        log.error("events wait to be published", { error: asError(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }
  function poll(): void {
    run();
    outbox.storePosition().catch((error: unknown) => {
      log.warn("the relay's position was not stored", { error: asError(error) });
    });
    timer = clock.after(POLL_MS, poll);
  }

  const hints = [store.onEvents(run), bus.subscribe(subjects.everyStored, run)];
  let timer = clock.after(POLL_MS, poll);
  run();
  return {
    async close() {
      timer.cancel();
      for (const hint of hints) hint.unsubscribe();
      await running;
      await outbox.publish();
      await outbox.storePosition();
    },
  };
}

function readOutbox(
  { bus, store }: RelayPorts,
  start: number,
): { publish(): Promise<void>; storePosition(): Promise<void> } {
  let position = start;
  let stored = start;
  return {
    async publish() {
      for (;;) {
        const events = await store.events({ after: position, limit: BATCH });
        for (const event of events) publishEvent(bus, event);
        position = events.at(-1)?.id ?? position;
        if (events.length < BATCH) return;
      }
    },
    async storePosition() {
      if (position === stored) return;
      const moved = position;
      await store.commit("move-relay", { position: moved });
      stored = moved;
    },
  };
}

function publishEvent(bus: Bus, event: EventRecord): void {
  const { id, at, device, name, operation, data } = event;
  if (operation === undefined) {
    bus.publish(subjects.deviceEvent(device, name), { id, at, device, name, data });
    return;
  }
  const { state } = data;
  if (isOperationState(state))
    bus.publish(subjects.operationChanged(operation), { id, at, device, operation, state });
}
