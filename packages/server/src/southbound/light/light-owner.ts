import { BusClosedError, subjects } from "../../ports/index.ts";
import type {
  AttachAsk,
  AttachReply,
  ConnectReply,
  EndedCall,
  LightAnnouncement,
  LightInform,
  Report,
  ReportReply,
  RequestOptions,
} from "../../ports/index.ts";
import { askEngine, ENGINE_TIMEOUT_MS, GONE } from "../ask-engine.ts";
import type { Unreachable } from "../ask-engine.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import type { Asked } from "./connection.ts";

const WAIT: RequestOptions = { timeoutMs: ENGINE_TIMEOUT_MS };

type Owned = Extract<ConnectReply, { readonly type: "owned" }>;
type Addressed = "device" | "connection" | "generation";

/**
 * The engine that owns a light connection, seen from the gateway. Where it is gone, the connection is announced again, once for
 * each thing there is to ask. Nothing here rejects because an engine is gone, slow or failing: it is `unreachable` then.
 */
export class LightOwner {
  readonly #ports: SouthboundPorts;
  readonly #announcement: LightAnnouncement;
  #owned: Owned | undefined;
  #connecting: Promise<Asked<ConnectReply>> | undefined;
  /** Why the connection ended, once it did. */
  #ended: string | undefined;

  constructor(ports: SouthboundPorts, announcement: LightAnnouncement) {
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

  /** Announces the connection; who does so while it is being announced gets the same reply. */
  connect(): Promise<Asked<ConnectReply>> {
    return (this.#connecting ??= this.#connect());
  }

  attach(ask: Omit<AttachAsk, Addressed>): Promise<Asked<AttachReply>> {
    return this.#ask((owned) =>
      this.#ports.bus.request(subjects.attach(owned.engine), { ...ask, ...this.#address(owned) }, WAIT),
    );
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

  /** Hands the owner, where there is one, an answer to a call that is not out here. */
  answered(ended: EndedCall): void {
    const owned = this.#owned;
    if (owned === undefined) return;
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
    const { bus, clock } = this.#ports;
    const announcement = { ...this.#announcement, at: clock.now() };
    const reply = await this.#attempt(() => bus.request(subjects.connect, announcement, WAIT));
    this.#connecting = undefined;
    this.#owned = reply.type === "owned" ? reply : undefined;
    if (this.#owned !== undefined && this.#ended !== undefined) this.#tellClosed(this.#owned, this.#ended);
    return reply;
  }

  async #ask<T>(request: (owned: Owned) => Promise<T>): Promise<Asked<T>> {
    const before = this.#owned;
    const first = before === undefined ? GONE : await this.#attempt(() => request(before));
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
