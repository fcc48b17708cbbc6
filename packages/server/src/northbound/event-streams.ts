import { openEventTail, type EventTail } from "./event-tail.ts";
import { refuseFor, type Refusal } from "./refusal.ts";
import type { NorthboundLimits, NorthboundPorts } from "./settings.ts";

/** Places for streams; the store's events are followed only while somebody looks. */
export interface EventStreams {
  /** A place, to be disposed of when the stream ends. */
  enter(): Promise<StreamPlace | Refusal>;
}

export interface StreamPlace extends Disposable {
  readonly tail: EventTail;
}

export function eventStreams(ports: NorthboundPorts, { maxStreams }: NorthboundLimits): EventStreams {
  let open = 0;
  let tail: Promise<EventTail> | undefined;

  function leave(): void {
    open -= 1;
    if (open > 0) return;
    void tail?.then(
      (unused) => unused.close(),
      () => undefined,
    );
    tail = undefined;
  }

  return {
    async enter() {
      if (open >= maxStreams) {
        return refuseFor(
          "too-many-streams",
          `${maxStreams} event streams are open: close one, or wait`,
          10_000,
        );
      }
      open += 1;
      try {
        tail ??= openEventTail(ports);
        return { tail: await tail, [Symbol.dispose]: leave };
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}
