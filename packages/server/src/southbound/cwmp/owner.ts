import type { JsonObject } from "@heliograph/protocol";
import { subjects } from "../../ports/index.ts";
import type {
  AnnounceReply,
  Announcement,
  Closed,
  ConnectionId,
  EndedCall,
  NextAsk,
  NextReply,
} from "../../ports/index.ts";
import { askEngine, ENGINE_TIMEOUT_MS, GONE, SILENT } from "../ask-engine.ts";
import type { Unreachable } from "../ask-engine.ts";
import type { GatewayPorts } from "../southbound-ports.ts";

/** What became of calls, where a session was over before its engine knew. */
export type SessionEnd = Pick<Closed, "ended" | "unheard">;

type Owned = Exclude<AnnounceReply, { readonly type: "refused" }>;

const NOTHING = { type: "nothing" } as const;

/**
 * The engine that owns a session, seen from the gateway. Where it is gone, the session is announced again, once for each
 * thing there is to ask. Nothing here rejects because an engine is gone, slow or failing: it is `unreachable` then.
 */
export class Owner {
  readonly #ports: GatewayPorts;
  readonly #announcement: Announcement;
  #announced: Promise<AnnounceReply | Unreachable>;
  #isRoused = false;

  constructor(ports: GatewayPorts, announcement: Announcement) {
    this.#ports = ports;
    this.#announcement = announcement;
    this.#announced = this.#announce(announcement);
  }

  /** How the announcement went. */
  get announced(): Promise<AnnounceReply | Unreachable> {
    return this.#announced;
  }

  /** There is something to call after all. */
  rouse(connection: ConnectionId): void {
    if (connection === this.#announcement.connection) this.#isRoused = true;
  }

  /** Says how the last call ended, where one was out, and asks for the next. Another connection may carry them all. */
  async next(ended: EndedCall | undefined): Promise<NextReply | Unreachable> {
    const announced = await this.#announced;
    if (ended === undefined && this.#rests(announced)) return NOTHING;
    return this.#ask<NextReply>(async (owned) =>
      owned.type === "noted"
        ? NOTHING
        : this.#ports.bus.request(subjects.next(owned.engine), this.#ending(owned, ended), {
            timeoutMs: ENGINE_TIMEOUT_MS,
          }),
    );
  }

  /** Most sessions carry nothing, which their engine has said at once. */
  #rests(announced: AnnounceReply | Unreachable): boolean {
    const isIdle = announced.type === "owned" && announced.idle === true;
    return isIdle && !this.#isRoused && !this.#ports.engines.isGone(announced.engine);
  }

  /** Whether what the device reported is stored. */
  async report(method: string, params: JsonObject): Promise<boolean> {
    const { bus, clock } = this.#ports;
    const { device, connection } = this.#announcement;
    const reply = await this.#ask((owned) => {
      const { credentialVersion } = owned;
      const report = { device, connection, credentialVersion, at: clock.now(), method, params };
      return bus.request(subjects.report(owned.engine), report, { timeoutMs: ENGINE_TIMEOUT_MS });
    });
    return reply.type === "stored";
  }

  /** Tells the engine, where there is one, that the session is over. */
  async closed({ ended, unheard }: SessionEnd): Promise<undefined> {
    const owned = await this.#announced;
    if (owned.type !== "owned") return;
    await this.#attempt(async () => {
      const closed = { ...this.#ending(owned, ended), ...(unheard && { unheard }) };
      this.#ports.bus.publish(subjects.closed(owned.engine), closed);
    });
  }

  #announce(announcement: Announcement): Promise<AnnounceReply | Unreachable> {
    const options = { timeoutMs: ENGINE_TIMEOUT_MS };
    return this.#attempt(() => this.#ports.bus.request(subjects.announce, announcement, options));
  }

  async #ask<T>(request: (owned: Owned) => Promise<T>): Promise<T | Unreachable> {
    const first = await this.#askOwner(request);
    if (first !== GONE) return first;
    // Without the Inform's events, where the engine before took them.
    const events = isOwned(await this.#announced) ? [] : this.#announcement.events;
    this.#announced = this.#announce({ ...this.#announcement, at: this.#ports.clock.now(), events });
    return this.#askOwner(request);
  }

  async #askOwner<T>(request: (owned: Owned) => Promise<T>): Promise<T | Unreachable> {
    const owned = await this.#announced;
    if (isOwned(owned)) {
      return this.#ports.engines.isGone(owned.engine) ? GONE : this.#attempt(() => request(owned));
    }
    return owned === GONE ? GONE : SILENT;
  }

  #attempt<T>(request: () => Promise<T>): Promise<T | Unreachable> {
    return askEngine(request, this.#announcement, this.#ports);
  }

  #ending({ generation }: Owned, ended?: EndedCall): NextAsk {
    const { device, connection } = this.#announcement;
    return { device, connection, generation, ...(ended === undefined ? {} : { ended }) };
  }
}

function isOwned(reply: AnnounceReply | Unreachable): reply is Owned {
  return reply.type === "owned" || reply.type === "noted";
}
