import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import {
  askedOf,
  connectionId,
  gatewayId,
  subjects,
  type AttachReply,
  type CallAsk,
  type CallOutcome,
  type ConnectReply,
  type Disconnect,
  type EndedCall,
  type EngineId,
  type InformEvent,
  type LightAnnouncement,
  type NotOwned,
  type Probe,
  type ReportReply,
  type Revoked,
  type Subscription,
  type Superseded,
} from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { ok, type Ground } from "./engine-bench.fixture.ts";

const PATIENCE = { timeoutMs: 10_000 };

/** A gateway on the bench's bus that answers calls as the test says. */
export class ScriptedGateway {
  readonly id = gatewayId("light");
  /** What the engine asked of it, in order. */
  readonly calls: CallAsk[] = [];
  readonly disconnects: Disconnect[] = [];
  readonly probes: Probe[] = [];
  readonly revoked: Revoked[] = [];
  answer: (ask: CallAsk) => Promise<CallOutcome> = () => Promise.resolve(ok);
  readonly #bench: Ground;
  readonly #serving: readonly Subscription[];
  #announcedAt = 0;

  constructor(bench: Ground) {
    this.#bench = bench;
    const { bus } = bench;
    this.#serving = [
      bus.serve(subjects.call(this.id), (ask) => {
        this.calls.push(ask);
        return this.answer(ask);
      }),
      bus.subscribe(subjects.everyDisconnect(this.id), (told) => this.disconnects.push(told)),
      bus.subscribe(subjects.everyProbe(this.id), (told) => this.probes.push(told)),
      bus.subscribe(subjects.everyRevoked, (told) => this.revoked.push(told)),
    ];
  }

  /** It dies, and tells nobody. */
  die(): void {
    for (const subscription of this.#serving) subscription.unsubscribe();
  }

  /** `by`: the engine that hears of it; any, where it is left out. */
  async connect(
    name: string,
    { by, ...more }: Partial<LightAnnouncement> & { readonly by?: EngineId } = {},
  ): Promise<ConnectReply | Superseded> {
    const { bus, clock, store } = this.#bench;
    this.#announcedAt = Math.max(clock.now(), this.#announcedAt + 1);
    const announcement: LightAnnouncement = {
      device: key,
      connection: connectionId(name),
      gateway: this.id,
      address: "127.0.0.1",
      at: this.#announcedAt,
      subprotocol: "cwmp.json",
      credentialVersion: (await store.device(key))?.credentialVersion ?? 0,
      ...more,
    };
    const subject = by === undefined ? subjects.connect : askedOf(by, subjects.connect);
    return bus.request(subject, announcement, PATIENCE);
  }

  /** A connection that is new, or one whose engine is gone. */
  async open(name: string, by?: EngineId): Promise<LightSession> {
    const reply = await this.connect(name, by === undefined ? {} : { by });
    assert.ok(reply.type === "owned");
    return new LightSession(this.#bench, reply, name);
  }

  /** A connection whose device is ready for so many calls. */
  async attached(name: string, maxInFlight = 1): Promise<LightSession> {
    const session = await this.open(name);
    assert.equal((await session.attach({ maxInFlight })).type, "attached");
    return session;
  }

  /** Resolves once so many calls were asked for, with the last of them. */
  async called(count: number): Promise<CallAsk> {
    for (;;) {
      const last = this.calls[count - 1];
      if (last !== undefined) return last;
      await setImmediate();
    }
  }
}

/** One light connection, as its gateway speaks of it. */
export class LightSession {
  readonly #bench: Ground;
  readonly #owned: Extract<ConnectReply, { type: "owned" }>;
  readonly #name: string;
  #informs = 0;

  constructor(bench: Ground, owned: Extract<ConnectReply, { type: "owned" }>, name: string) {
    this.#bench = bench;
    this.#owned = owned;
    this.#name = name;
  }

  attach({
    maxInFlight = 1,
    replayWindow = 0,
    authTime = this.#bench.clock.now(),
  }): Promise<AttachReply | NotOwned> {
    const ask = { ...this.#pair, maxInFlight, replayWindow, authTime };
    return this.#bench.bus.request(subjects.attach(this.#owned.engine), ask, PATIENCE);
  }

  inform(events: readonly InformEvent[]): Promise<ReportReply> {
    this.#informs += 1;
    const at = this.#bench.clock.now();
    const parameters = { "Device.DeviceInfo.": { SoftwareVersion: "2" } };
    const inform = { ...this.#pair, inform: String(this.#informs), at, events, parameters };
    return this.#bench.bus.request(subjects.inform(this.#owned.engine), inform, PATIENCE);
  }

  answered(ended: EndedCall): void {
    this.#bench.bus.publish(subjects.answered(this.#owned.engine), { ...this.#pair, ended });
  }

  close(detail: string): void {
    this.#bench.bus.publish(subjects.closed(this.#owned.engine), { ...this.#pair, detail });
  }

  get #pair() {
    return { device: key, connection: connectionId(this.#name), generation: this.#owned.generation };
  }
}

/** A call that the device answers when the test says so. */
export function held(): {
  readonly answer: () => Promise<CallOutcome>;
  readonly resolve: (outcome: CallOutcome) => void;
} {
  const { promise, resolve } = Promise.withResolvers<CallOutcome>();
  return { answer: () => promise, resolve };
}
