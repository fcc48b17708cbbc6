import type { DeviceKey } from "@heliograph/protocol";
import { asError, subjects, type EventRecord } from "../ports/index.ts";
import { deadline } from "./deadline.ts";
import type { NorthboundPorts } from "./settings.ts";

const BATCH = 500;
/** Kept in memory, so that all who stand at the end of the events cost the store one read together. */
const KEPT = 2_000;

/** The end of the store's events, shared by all who follow them. */
export interface EventTail {
  /** The id of the newest event: who reads from here misses nothing that comes. */
  head(): number;
  /** Rejects where the store does. */
  read(query: TailQuery): Promise<TailEvents>;
  /** Reads under way end with their signal. */
  close(): void;
}

export interface TailQuery {
  readonly after: number;
  readonly device?: DeviceKey | undefined;
  /** How long to wait where there is nothing yet. */
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface TailEvents {
  /** In the order of their ids; none where the wait was over. */
  readonly events: readonly EventRecord[];
  /** Read on after this: everything up to here was given, or was not asked for. */
  readonly position: number;
}

/**
 * Follows the store's events; a message on the bus only says when to read. Listens first and looks where the end is
 * then, so that nothing falls between.
 */
export async function openEventTail(ports: NorthboundPorts): Promise<EventTail> {
  const { bus, store, clock } = ports;
  const reading = readWhenAsked(ports);
  const subscriptions = [
    bus.subscribe(subjects.everyDeviceEvent, reading.ask),
    bus.subscribe(subjects.everyOperationChange, reading.ask),
  ];
  const recent = reading.start(await store.lastEventId());

  async function readOlder(after: number, device: DeviceKey | undefined): Promise<TailEvents> {
    const reached = recent.from();
    const events = await store.events({ after, limit: BATCH, ...(device === undefined ? {} : { device }) });
    const last = events.at(-1)?.id ?? after;
    return { events, position: events.length === BATCH ? last : Math.max(last, reached) };
  }

  return {
    head: recent.head,
    async read(query) {
      using over = deadline(clock, query.waitMs, query.signal);
      let { after } = query;
      for (;;) {
        if (after < recent.from()) return await readOlder(after, query.device);
        const found = recent.after(after, query.device);
        if (found.events.length > 0 || over.isPassed()) return found;
        after = found.position;
        await Promise.race([recent.more(), over.passed]);
        // A message of the bus may be lost: who waited in vain has the store looked at for the next time.
        if (over.isPassed()) reading.ask();
      }
    },
    close() {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}

/** Reads on from the newest event known, as often as asked but never twice at once. */
function readWhenAsked({ store, log }: NorthboundPorts): {
  readonly ask: () => void;
  start(head: number): RecentEvents;
} {
  let recent: RecentEvents | undefined;
  let isAsked = false;
  let isReading = false;

  async function readOn(): Promise<void> {
    while (isAsked && recent !== undefined) {
      isAsked = false;
      const events = await store.events({ after: recent.head(), limit: BATCH });
      recent.add(events);
      isAsked ||= events.length === BATCH;
    }
  }
  function ask(): void {
    isAsked = true;
    if (recent === undefined || isReading) return;
    isReading = true;
    readOn()
      .catch((error: unknown) => {
        log.warn("events could not be read", { error: asError(error) });
      })
      .finally(() => {
        isReading = false;
        if (isAsked) ask();
      });
  }
  return {
    ask,
    start(head) {
      recent = recentEvents(head);
      if (isAsked) ask();
      return recent;
    },
  };
}

interface RecentEvents {
  /** The id of the newest one known. */
  readonly head: () => number;
  /** Every event above this and up to the head is kept. */
  from(): number;
  add(events: readonly EventRecord[]): void;
  /** Those after a position that is not below {@link from}. */
  after(position: number, device: DeviceKey | undefined): TailEvents;
  /** Resolves when some were added. */
  more(): Promise<unknown>;
}

function recentEvents(start: number): RecentEvents {
  let kept: readonly EventRecord[] = [];
  let head = start;
  let from = start;
  let added = Promise.withResolvers<unknown>();
  return {
    head: () => head,
    from: () => from,
    add(events) {
      const last = events.at(-1);
      if (last === undefined) return;
      const all = [...kept, ...events];
      kept = all.slice(-KEPT);
      from = all.at(-KEPT - 1)?.id ?? from;
      head = last.id;
      added.resolve(undefined);
      added = Promise.withResolvers<unknown>();
    },
    after(position, device) {
      const newer = kept.slice(kept.findLastIndex(({ id }) => id <= position) + 1);
      const asked = device === undefined ? newer : newer.filter((event) => event.device === device);
      const events = asked.slice(0, BATCH);
      return {
        events,
        position: asked.length > BATCH ? (events.at(-1)?.id ?? head) : Math.max(position, head),
      };
    },
    more: () => added.promise,
  };
}
