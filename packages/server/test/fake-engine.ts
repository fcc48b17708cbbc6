import { Arrivals } from "@heliograph/testkit";
import { callId, engineId, queues, subjects } from "../src/ports/index.ts";
import type {
  AnnounceReply,
  Announcement,
  Bus,
  Call,
  Closed,
  NextAsk,
  NextReply,
  Report,
  ReportReply,
} from "../src/ports/index.ts";

/** What a fake engine says; whatever is left out it says as an engine without work would. */
export interface EngineScript {
  readonly announce?: (announcement: Announcement) => Promise<AnnounceReply>;
  readonly next?: (ask: NextAsk) => Promise<NextReply>;
  readonly report?: (report: Report) => Promise<ReportReply>;
}

/** An engine that only listens, and says what its test says. */
export class FakeEngine {
  readonly id;
  readonly announcements: Announcement[] = [];
  readonly asks: NextAsk[] = [];
  readonly reports: Report[] = [];
  readonly closed = new Arrivals<Closed>("the end of a connection");
  readonly #calls: Call[] = [];
  readonly #subscriptions;

  constructor(bus: Bus, name: string, script: EngineScript = {}) {
    const id = engineId(name);
    this.id = id;
    this.#subscriptions = [
      bus.serve(
        subjects.announce,
        async (announcement) => {
          this.announcements.push(announcement);
          return (
            (await script.announce?.(announcement)) ?? {
              type: "owned",
              engine: id,
              generation: 1,
              credentialVersion: 1,
            }
          );
        },
        { queue: queues.engine },
      ),
      bus.serve(subjects.next(id), async (ask) => {
        this.asks.push(ask);
        return (await script.next?.(ask)) ?? this.#nextCall();
      }),
      bus.serve(subjects.report(id), async (report) => {
        this.reports.push(report);
        return (await script.report?.(report)) ?? { type: "stored" };
      }),
      bus.subscribe(subjects.everyClosed(id), (closed) => {
        this.closed.add(closed);
      }),
    ];
  }

  /** The next thing that is asked for. */
  willCall(id: string, call: Omit<Call, "callId">): void {
    this.#calls.push({ callId: callId(id), ...call });
  }

  /** Nobody serves its subjects any more. */
  die(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #nextCall(): NextReply {
    const call = this.#calls.shift();
    return call === undefined ? { type: "nothing" } : { type: "call", call };
  }
}
