import { BusClosedError, subjects } from "../../ports/index.ts";
import type {
  AttachAsk,
  AttachReply,
  ConnectReply,
  EndedCall,
  EngineId,
  LightAnnouncement,
  LightInform,
  Report,
  ReportReply,
  RequestOptions,
} from "../../ports/index.ts";
import { askEngine, ENGINE_TIMEOUT_MS, GONE, SILENT } from "../ask-engine.ts";
import type { Unreachable } from "../ask-engine.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import type { Asked } from "./connection.ts";
import { UnsureAnswers } from "./unsure-answers.ts";

const WAIT: RequestOptions = { timeoutMs: ENGINE_TIMEOUT_MS };

type Owned = Extract<ConnectReply, { readonly type: "owned" }>;
/** Engines that heard late of earlier announcements come between at most so often. */
const MOST_ANNOUNCED = 3;

type Addressed = "device" | "connection" | "generation";

/**
 * The engine that owns a light connection, seen from the gateway. Where it is gone, the connection is announced again, once for
 * each thing there is to ask. Nothing here rejects because an engine is gone, slow or failing: it is `unreachable` then.
 */
export class LightOwner {
  readonly #ports: GatewayPorts;
  readonly #announcement: LightAnnouncement;
  /** Each time later, whatever the clock does. */
  #announcedAt = 0;
  #owned: Owned | undefined;
  #wasOwned = false;
  #connecting: Promise<Asked<ConnectReply>> | undefined;
  /** What reached the owner that is gone, perhaps, and answers that came while there was none: for the next one. */
  #unsure: UnsureAnswers | undefined;
  /** Why the connection ended, once it did. */
  #ended: string | undefined;

  constructor(ports: GatewayPorts, announcement: LightAnnouncement) {
    this.#ports = ports;
    this.#announcement = announcement;
  }

  get device(): LightAnnouncement["device"] {
    return this.#announcement.device;
  }

  get connection(): LightAnnouncement["connection"] {
    return this.#announcement.connection;
  }

  get subprotocol(): LightAnnouncement["subprotocol"] {
    return this.#announcement.subprotocol;
  }

  /** Where the device is, as far as we trust what says so. */
  get address(): string {
    return this.#announcement.address;
  }

  get credentialVersion(): number {
    return this.#announcement.credentialVersion;
  }

  /** Which the owner's calls carry; undefined while there is no owner. */
  get generation(): number | undefined {
    return this.#owned?.generation;
  }

  /** Which owns it; undefined while none does. */
  get engine(): EngineId | undefined {
    return this.#owned?.engine;
  }

  /** Whether it may be told something and not have it. */
  get mayMiss(): boolean {
    return this.#ports.engines.mayFail;
  }

  /** Announces the connection; who does so while it is being announced gets the same reply. */
  connect(): Promise<Asked<ConnectReply>> {
    return (this.#connecting ??= this.#connect());
  }

  /** Announces it to another engine than the one that owned it, whose calls are refused from now on. */
  connectAgain(): Promise<Asked<ConnectReply>> {
    this.#owned = undefined;
    return this.connect();
  }

  attach(ask: Omit<AttachAsk, Addressed>): Promise<Asked<AttachReply>> {
    return this.#ask(async (owned) => {
      const asked = { ...ask, ...this.#address(owned) };
      const reply = await this.#ports.bus.request(subjects.attach(owned.engine), asked, WAIT);
      return reply.type === "not-owned" ? GONE : reply;
    });
  }

  inform(inform: Omit<LightInform, Addressed>): Promise<Asked<ReportReply>> {
    return this.#ask((owned) =>
      this.#ports.bus.request(subjects.inform(owned.engine), { ...inform, ...this.#address(owned) }, WAIT),
    );
  }

  report({ method, params }: Pick<Report, "method" | "params">): Promise<Asked<ReportReply>> {
    const { bus, clock } = this.#ports;
    const { device, connection, credentialVersion } = this.#announcement;
    const report = { device, connection, credentialVersion, at: clock.now(), method, params };
    return this.#ask((owned) => bus.request(subjects.report(owned.engine), report, WAIT));
  }

  /** An answer reached the owner that had called. Where that is gone before it stored it, the next one is told. */
  landed(ended: EndedCall): void {
    if (this.mayMiss) this.#keep(ended);
  }

  /** Answers that came so long ago are stored, or the owner would be known to be gone. */
  forgetLanded(): void {
    if (this.#unsure?.forget(this.#ports.clock.elapsed()) === 0) this.#unsure = undefined;
  }

  /** Hands the owner an answer to a call that is not out here; where there is none, the next one. */
  answered(ended: EndedCall): void {
    const owned = this.#owned;
    if (owned === undefined) {
      this.#keep(ended);
      return;
    }
    this.#tell(() => {
      const late = { ...this.#address(owned), ended };
      this.#ports.bus.publish(subjects.answered(owned.engine), late);
    });
  }

  /** Tells the engine that owns the connection, or is about to, that it is over. */
  closed(detail: string): void {
    this.#ended = detail;
    if (this.#owned !== undefined) this.#tellClosed(this.#owned, detail);
  }

  async #connect(): Promise<Asked<ConnectReply>> {
    const reply = await this.#announce();
    this.#connecting = undefined;
    this.#owned = reply.type === "owned" ? reply : undefined;
    if (this.#owned !== undefined) {
      this.#wasOwned = true;
      this.#handOver(this.#owned);
    }
    return reply;
  }

  /** What an announcement that was lost on its way does late is undone by one that is newer. */
  async #announce(): Promise<Asked<ConnectReply>> {
    const { bus, clock } = this.#ports;
    const again = this.#wasOwned ? { again: true as const } : {};
    for (let tries = 0; tries < MOST_ANNOUNCED; tries += 1) {
      this.#announcedAt = Math.max(clock.now(), this.#announcedAt + 1);
      const announcement = { ...this.#announcement, ...again, at: this.#announcedAt };
      const reply = await this.#attempt(() => bus.request(subjects.connect, announcement, WAIT));
      if (reply.type !== "superseded") return reply;
    }
    return SILENT;
  }

  /** What an engine has to know of what was before it owned the connection. */
  #handOver(owned: Owned): void {
    const unsure = this.#unsure?.all ?? [];
    this.#unsure = undefined;
    for (const ended of unsure) this.answered(ended);
    if (this.#ended !== undefined) this.#tellClosed(owned, this.#ended);
  }

  #keep(ended: EndedCall): void {
    this.#unsure ??= new UnsureAnswers();
    this.#unsure.add(ended, this.#ports.clock.elapsed());
  }

  async #ask<T>(request: (owned: Owned) => Promise<T>): Promise<Asked<T>> {
    const before = this.#owned;
    const isGone = before === undefined || this.#ports.engines.isGone(before.engine);
    const first = isGone ? GONE : await this.#attempt(() => request(before));
    if (first !== GONE) return first;
    if (this.#owned === before) {
      const reply = await this.connect();
      if (reply.type === "refused") return reply;
    }
    const owned = this.#owned;
    return owned === undefined ? GONE : this.#attempt(() => request(owned));
  }

  #attempt<T>(request: () => Promise<T>): Promise<T | Unreachable> {
    return askEngine(request, this.#announcement, this.#ports);
  }

  #tellClosed(owned: Owned, detail: string): void {
    this.#tell(() => {
      this.#ports.bus.publish(subjects.closed(owned.engine), { ...this.#address(owned), detail });
    });
  }

  /** A bus that is closed carries nothing to anybody any more. */
  #tell(publish: () => void): void {
    try {
      publish();
    } catch (error) {
      if (!(error instanceof BusClosedError)) throw error;
    }
  }

  #address({ generation }: Owned): Pick<AttachAsk, Addressed> {
    const { device, connection } = this.#announcement;
    return { device, connection, generation };
  }
}
