import { Arrivals } from "@heliograph/testkit";
import { callId, engineId, queues, subjects } from "../src/ports/index.ts";
import type {
  AttachAsk,
  AttachReply,
  Bus,
  Call,
  CallAsk,
  CallOutcome,
  Closed,
  ConnectReply,
  GatewayId,
  LateAnswer,
  LightAnnouncement,
  LightInform,
  NotOwned,
  Report,
  ReportReply,
  Superseded,
} from "../src/ports/index.ts";

/** What a fake engine says; whatever is left out it says as an engine that takes everything would. */
export interface LightEngineScript {
  /** The one before the first that it gives; 0 unless said otherwise. */
  readonly generation?: number;
  readonly connect?: (announcement: LightAnnouncement) => Promise<ConnectReply | Superseded>;
  readonly attach?: (ask: AttachAsk) => Promise<AttachReply | NotOwned | undefined>;
  readonly inform?: (inform: LightInform) => Promise<ReportReply>;
  readonly report?: (report: Report) => Promise<ReportReply>;
}

const CALL_TIMEOUT_MS = 600_000;

/** An engine that owns every light connection, and calls what its test says. */
export class LightEngine {
  readonly id;
  readonly connects = new Arrivals<LightAnnouncement>("a light connection");
  readonly attaches = new Arrivals<AttachAsk>("an Attach");
  readonly informs = new Arrivals<LightInform>("an Inform");
  readonly reports = new Arrivals<Report>("a report");
  readonly answers = new Arrivals<LateAnswer>("a late answer");
  readonly closed = new Arrivals<Closed>("the end of a connection");
  /** What it heard, in order. */
  readonly heard: string[] = [];
  readonly #bus: Bus;
  readonly #subscriptions;
  #generation: number;

  constructor(bus: Bus, name: string, script: LightEngineScript = {}) {
    const id = engineId(name);
    this.id = id;
    this.#bus = bus;
    this.#generation = script.generation ?? 0;
    this.#subscriptions = [
      bus.serve(
        subjects.connect,
        async (announcement) => {
          this.#hear("connect", this.connects, announcement);
          return (await script.connect?.(announcement)) ?? this.own();
        },
        { queue: queues.engine },
      ),
      bus.serve(subjects.attach(id), async (ask) => {
        this.#hear("attach", this.attaches, ask);
        return (await script.attach?.(ask)) ?? { type: "attached", token: { token: "t", expiresIn: 86_400 } };
      }),
      bus.serve(subjects.inform(id), async (inform) => {
        this.#hear("inform", this.informs, inform);
        return (await script.inform?.(inform)) ?? { type: "stored" };
      }),
      bus.serve(subjects.report(id), async (report) => {
        this.#hear("report", this.reports, report);
        return (await script.report?.(report)) ?? { type: "stored" };
      }),
      bus.subscribe(subjects.everyAnswered(id), (late) => this.#hear("answered", this.answers, late)),
      bus.subscribe(subjects.everyClosed(id), (closed) => this.#hear("closed", this.closed, closed)),
    ];
  }

  /** Owns one connection more. */
  own(): ConnectReply {
    this.#generation += 1;
    return { type: "owned", engine: this.id, generation: this.#generation };
  }

  /** Calls on a connection, in the generation it was owned in last. */
  call(
    { gateway, device, connection }: LightAnnouncement,
    id: string,
    call: Omit<Call, "callId">,
  ): Promise<CallOutcome> {
    return this.callAs(this.#generation, { gateway, device, connection }, { callId: callId(id), ...call });
  }

  callAs(
    generation: number,
    { gateway, device, connection }: Pick<LightAnnouncement, "gateway" | "device" | "connection">,
    call: Call,
  ): Promise<CallOutcome> {
    return this.#call(gateway, { device, connection, generation, call });
  }

  /** As an engine that called before, and heard no answer. */
  callAgain(
    { gateway, device, connection }: LightAnnouncement,
    id: string,
    call: Omit<Call, "callId">,
  ): Promise<CallOutcome> {
    const asked = { device, connection, generation: this.#generation };
    return this.#call(gateway, { ...asked, call: { callId: callId(id), ...call }, again: true });
  }

  disconnect({ gateway, connection }: LightAnnouncement, code: number, reason: string): void {
    this.#bus.publish(subjects.disconnect(gateway), { connection, code, reason });
  }

  probe({ gateway, connection }: LightAnnouncement): void {
    this.#bus.publish(subjects.probe(gateway), { connection });
  }

  /** Nobody serves its subjects any more. */
  die(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** Asks until the call is over. */
  async #call(gateway: GatewayId, ask: CallAsk): Promise<CallOutcome> {
    const reply = await this.#bus.request(subjects.call(gateway), ask, { timeoutMs: CALL_TIMEOUT_MS });
    return reply.type === "under-way" ? this.#call(gateway, { ...ask, again: true }) : reply;
  }

  #hear<T>(what: string, arrivals: Arrivals<T>, value: T): void {
    this.heard.push(what);
    arrivals.add(value);
  }
}
