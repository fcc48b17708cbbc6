import type { Delivery } from "../agenda.ts";
import { Device } from "../device.ts";
import { machineClock } from "../device-clock.ts";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import type { DeviceOptions } from "../device-options.ts";
import { Calls } from "../light/calls.ts";
import { ConnectionLostError, LightConnection, RequestRefusedError } from "../light/light-connection.ts";
import { Observations } from "../light/observations.ts";
import { Publications } from "../light/publications.ts";
import type { LightTransport } from "../light/link.ts";
import type { Reference } from "../light/reference.ts";
import type { Policies } from "../policies/policies.ts";
import { policiesOf, withPolicies } from "../policies/policy-publications.ts";
import type { ClassicService } from "./classic-service.ts";
import { noContact } from "./contact-state.ts";
import type { ContactEffect, ContactInput, ContactState, TimerName } from "./contact-state.ts";
import { decide } from "./decide.ts";
import { tellInSession } from "./tell-in-session.ts";
import type { SessionEnding } from "./tell-in-session.ts";
import { tellOverLink } from "./tell-over-link.ts";
import type { LinkTelling } from "./tell-over-link.ts";

export type ContactOptions = DeviceOptions;

/** What carries a device's messages. */
export interface Carriers {
  readonly classic: ClassicService;
  readonly light: LightTransport;
}

/** What an Inform tells that is only there to be answered. */
const NOTHING_NEW: Delivery = { events: [{ EventCode: "2 PERIODIC" }], changed: [], requests: 0 };

/** Keeps a device in touch with its ACS: does what {@link decide} decides, and says how it went. */
export class Contact {
  readonly device: Device;
  readonly #options: ContactOptions;
  readonly #carriers: Carriers;
  readonly #clock: DeviceClock;
  readonly #calls: Calls;
  readonly #timers = new Map<TimerName, DeviceTimer>();
  #state: ContactState = noContact;
  #isConsidering = false;
  #isClosed = false;
  readonly #observations: Observations;
  readonly #publications: Publications | undefined;
  readonly #policies: Policies | undefined;
  #connection: LightConnection | undefined;
  #session: Promise<void> | undefined;
  #asked = 0;
  /** Who waits for an Inform that goes well, begun after they came. */
  #waiting: readonly PromiseWithResolvers<undefined>[] = [];

  constructor(options: ContactOptions, carriers: Carriers) {
    this.#options = options;
    this.#carriers = carriers;
    this.#clock = options.clock ?? machineClock;
    this.device = new Device(options, {
      wanted: (urgency) => this.#feed({ type: "wanted", urgency }),
      booted: () => {
        this.#policies?.check();
        this.#feed({ type: "booted" });
      },
      goingDown: () => {
        this.#calls.forget();
        this.#feed({ type: "going-down" });
      },
      moved: () => this.#feed({ type: "moved" }),
    });
    const { dispatch, light } = this.device;
    this.#policies = options.holdsPolicies
      ? policiesOf(this.device, this.#clock, () => this.#publications)
      : undefined;
    this.#observations = new Observations({ model: this.device.model, clock: this.#clock });
    this.#publications = this.#publicationsOf(options);
    this.#calls = new Calls({
      dispatch,
      maxInFlight: light?.maxInFlight ?? 1,
      replayWindow: light?.replayWindow ?? 0,
      hold: () => this.device.hold(),
      release: () => this.device.release(),
    });
  }

  get isAttached(): boolean {
    return this.#state.light.name === "attached";
  }

  /** A connection request came. */
  summon(): void {
    this.#options.onActivity?.({ type: "connection-requested" });
    this.#feed({ type: "summoned" });
  }

  /** Resolves when an Inform with that event was answered. Rejects when the contact is closed before. */
  async informNow(eventCode: string): Promise<void> {
    if (this.#isClosed) throw closed();
    const told = Promise.withResolvers<undefined>();
    this.#waiting = [...this.#waiting, told];
    this.device.note({ EventCode: eventCode }, "at-once");
    await told.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.device.close();
    this.#policies?.close();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#connection?.end();
    this.#carriers.classic.breakOff();
    await this.#session;
    for (const { reject } of this.#waiting) reject(closed());
  }

  /** What comes up in one turn of the event loop is acted on together. */
  #feed(input: ContactInput): void {
    this.#decide(input);
    if (this.#isConsidering) return;
    this.#isConsidering = true;
    queueMicrotask(() => {
      this.#isConsidering = false;
      this.#decide({ type: "considered" });
    });
  }

  #decide(input: ContactInput): void {
    if (this.#isClosed) return;
    const { random = Math.random } = this.#options;
    const { state, effects } = decide(this.#state, input, {
      now: this.#clock.now(),
      fraction: random(),
      policy: {
        minimumWait: this.device.settings.number("CWMPRetryMinimumWaitInterval"),
        multiplier: this.device.settings.number("CWMPRetryIntervalMultiplier"),
      },
    });
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ContactEffect): void {
    switch (effect.type) {
      case "hold-session":
        this.#session = this.#holdSession(effect.retryCount);
        break;
      case "open-link":
        this.#openLink(effect.reference);
        break;
      case "tell-over-link":
        void this.#tellOverLink(effect.retryCount);
        break;
      case "attach":
        void this.#attach();
        break;
      case "close-link":
        this.#connection?.end();
        this.#connection = undefined;
        break;
      case "note":
        this.device.note({ EventCode: effect.eventCode }, effect.urgency);
        break;
      case "start-timer":
        this.#startTimer(effect.timer, effect.delayMs);
        break;
      case "stop-timer":
        this.#timers.get(effect.timer)?.cancel();
        this.#timers.delete(effect.timer);
        break;
      case "show":
        this.#options.onActivity?.(effect.activity);
        break;
    }
  }

  async #holdSession(retryCount: number): Promise<void> {
    const { onActivity } = this.#options;
    await this.#tell(async () => {
      const telling = { device: this.device, retryCount, onActivity, now: () => this.#clock.now() };
      const end = await tellInSession(this.#carriers.classic, telling);
      if (end.type === "session-ended") onActivity?.({ type: "session-ended" });
      return end;
    });
  }

  async #tellOverLink(retryCount: number): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { onActivity } = this.#options;
    await this.#tell(() => tellOverLink(connection, { device: this.device, retryCount, onActivity }));
  }

  async #tell(how: () => Promise<SessionEnding | LinkTelling>): Promise<void> {
    const toldHere = new Set(this.#waiting);
    this.device.hold();
    const end = await how();
    if (end.type === "told" || end.type === "session-ended") {
      this.device.sessionEnded();
      this.#waiting = this.#waiting.filter((waiting) => !toldHere.has(waiting));
      for (const { resolve } of toldHere) resolve(undefined);
    }
    if (end.type !== "lost") this.#feed(end);
    // In the same turn: what had to wait for the end is done before anything else begins.
    this.device.release();
  }

  #openLink({ url, subprotocols, token }: Reference): void {
    this.#publications?.lost();
    this.#connection = new LightConnection({
      transport: this.#carriers.light,
      target: { url, subprotocols, token },
      clock: this.#clock,
      calls: this.#calls,
      observations: this.#observations,
      freshId: () => `d${(this.#asked += 1)}`,
      onOpened: () => this.#feed({ type: "link-opened", hasUndelivered: this.device.hasUndelivered }),
      onRefused: (refusal) => this.#feed({ type: "link-refused", ...refusal }),
      onPublication: (published) => this.#publications?.hear(published),
      onClosed: (code, reason) => this.#feed({ type: "link-closed", code, reason }),
    });
  }

  #publicationsOf({ onPublication }: ContactOptions): Publications | undefined {
    const handler =
      this.#policies === undefined ? onPublication : withPolicies(this.#policies, onPublication);
    if (handler === undefined) return undefined;
    return new Publications({
      handler,
      memory: {
        get: () => this.device.channels,
        keep: (memory) => this.device.keepChannels(memory),
      },
      attachAgain: () => void this.#attach(),
    });
  }

  async #attach(): Promise<void> {
    const { light } = this.device;
    const connection = this.#connection;
    if (connection === undefined || light === undefined) return;
    const { maxInFlight, replayWindow, keepAlive } = light;
    try {
      const attachment = await connection.attach({
        wishes: {
          MaxInFlight: maxInFlight,
          ReplayWindow: replayWindow,
          ...(keepAlive ? { KeepAlive: true } : {}),
          ...(this.#publications === undefined ? {} : { Channels: this.#publications.positions }),
        },
        inform: () => this.device.inform(NOTHING_NEW, 0),
      });
      this.#feed({ type: "attached", fresh: attachment.fresh });
      connection.attached(attachment);
      const { channels = new Set() } = attachment;
      this.#publications?.attached(channels, (result) => connection.tellResult(result));
      this.#policies?.check();
    } catch (error) {
      if (error instanceof RequestRefusedError) this.#feed({ type: "not-attached", reason: error.message });
      else if (!(error instanceof ConnectionLostError)) throw error;
    }
  }

  #startTimer(timer: TimerName, delayMs: number): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.set(
      timer,
      this.#clock.after(delayMs, () => {
        this.#timers.delete(timer);
        this.#feed({ type: "time", timer });
      }),
    );
  }
}

function closed(): Error {
  return new Error("the device is closed");
}
