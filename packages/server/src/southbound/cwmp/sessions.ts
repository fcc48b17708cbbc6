import type { Socket } from "node:net";
import type { DeviceKey, SoapStyle } from "@heliograph/protocol";
import type { Clock, QuirkValue, ResolvedQuirks } from "../../ports/index.ts";
import type { Peer } from "../peer.ts";
import { Deadlines } from "./deadlines.ts";
import type { Owner } from "./owner.ts";
import type { SessionState } from "./session.ts";

/** One CWMP session, Inform to close. */
export interface Session {
  /** The value of its cookie. */
  readonly cookie: string;
  readonly device: DeviceKey;
  readonly namespace: string;
  /** Undefined where nothing may be called: the device waits for approval. */
  readonly owner: Owner | undefined;
  /** Where its Inform came from. */
  readonly peer: Peer;
  /** Whether its Inform carried an Authorization header. */
  readonly authorized: boolean;
  /** How long its device may be silent. */
  readonly timeoutMs: number;
  /** Whether its device sends empty POSTs only to be challenged; undefined until it has shown. */
  probes: boolean | undefined;
  /** Whether it was challenged in its session. */
  challenged: boolean;
  /** What its answers prove of its empty POSTs; undefined where they prove nothing. */
  probed: QuirkValue<"empty-post-probes"> | undefined;
  /** Whether it wrote an XML declaration before its Inform. */
  readonly declares: boolean;
  /** Whether it returns our cookie; undefined until it has shown. */
  cookies: QuirkValue<"cookies"> | undefined;
  /** What was known of its quirks when it came. */
  readonly quirks: ResolvedQuirks;
  state: SessionState;
  /** How the device's last message was written; ours are written alike, unless a person says otherwise. */
  style: SoapStyle;
  /** Whether one of its requests is being answered; CWMP has one at a time. */
  busy: boolean;
}

export interface SessionBounds {
  readonly clock: Clock;
  readonly maxSessions: number;
  readonly onTimeout: (session: Session) => void;
}

/** A session that is over stays for a device's last empty POSTs, and is then forgotten. */
const QUIET_MS = 5_000;

/** All sessions of this process: found by cookie or TCP connection, one for each device, bounded in number and silence. */
export class Sessions {
  readonly #bounds: SessionBounds;
  readonly #byCookie = new Map<string, Session>();
  readonly #byDevice = new Map<DeviceKey, Session>();
  readonly #claimants = new Map<DeviceKey, Session>();
  #waiting: (() => void)[] = [];
  readonly #deadlines: Deadlines<Session>;
  readonly #bySocket = new WeakMap<Socket, Session>();

  constructor(bounds: SessionBounds) {
    this.#bounds = bounds;
    this.#deadlines = new Deadlines(bounds.clock, (session) => {
      // While it is being answered, the device is not the one who is silent.
      if (session.busy) return;
      this.remove(session);
      bounds.onTimeout(session);
    });
  }

  /** How many go on. */
  get running(): number {
    return this.all.filter(goesOn).length;
  }

  get isFull(): boolean {
    return this.#byCookie.size >= this.#bounds.maxSessions;
  }

  get all(): readonly Session[] {
    return [...this.#byCookie.values()];
  }

  /** Resolves once no session goes on any more. */
  whenQuiet(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push(() => {
      resolve(undefined);
    });
    this.#tellWaiting();
    return promise;
  }

  of(device: DeviceKey): Session | undefined {
    return this.#byDevice.get(device);
  }

  /**
   * Adds a session, which must be the only one of its device; the socket leads to it where no cookie does. Its Inform is
   * being answered: it is released after that, as after each of its requests.
   */
  add(session: Session, socket: Socket | undefined): void {
    this.#byDevice.set(session.device, session);
    this.#add(session, socket);
  }

  /** Adds a session of somebody who claims the device: its own goes on. A device has one of this kind, too. */
  addClaimant(session: Session, socket: Socket | undefined): void {
    const earlier = this.#claimants.get(session.device);
    if (earlier !== undefined) this.remove(earlier);
    this.#claimants.set(session.device, session);
    this.#add(session, socket);
  }

  #add(session: Session, socket: Socket | undefined): void {
    this.#byCookie.set(session.cookie, session);
    if (socket !== undefined) this.#bySocket.set(socket, session);
  }

  /** By any of the cookies, else by the TCP connection. */
  find(cookies: readonly string[], socket: Socket | undefined): Session | undefined {
    for (const cookie of cookies) {
      const found = this.#byCookie.get(cookie);
      if (found !== undefined) return found;
    }
    const found = socket && this.#bySocket.get(socket);
    return found !== undefined && this.#byCookie.has(found.cookie) ? found : undefined;
  }

  /** One of the session's requests is being answered. */
  hold(session: Session): void {
    session.busy = true;
  }

  /** The session's request was answered: the device speaks next. */
  release(session: Session): void {
    session.busy = false;
    this.#tellWaiting();
    if (!this.#byCookie.has(session.cookie)) return;
    const { timeoutMs } = session;
    const withinMs = session.state.name === "quiet" ? Math.min(QUIET_MS, timeoutMs) : timeoutMs;
    this.#deadlines.set(session, withinMs);
  }

  remove(session: Session): void {
    this.#deadlines.lift(session);
    this.#byCookie.delete(session.cookie);
    for (const sessions of [this.#byDevice, this.#claimants]) {
      if (sessions.get(session.device) === session) sessions.delete(session.device);
    }
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    if (this.#waiting.length === 0 || this.all.some(goesOn)) return;
    for (const tell of this.#waiting) tell();
    this.#waiting = [];
  }
}

function goesOn({ busy, state }: Session): boolean {
  return busy || state.name !== "quiet";
}
