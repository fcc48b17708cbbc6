import type { AcsParams, AcsRequest } from "@heliograph/protocol";
import {
  announcement,
  emptyAgenda,
  facing,
  informed,
  nextDelivery,
  noteChange,
  noteEvent,
  noteRequest,
  requestAnswered,
} from "./agenda.ts";
import type { Agenda, Delivery } from "./agenda.ts";
import { ChangeNotices } from "./change-notices.ts";
import type { Change, DataModel } from "./data-model.ts";
import { deviceActions } from "./device-actions.ts";
import { dateTimeOf, machineClock } from "./device-clock.ts";
import type { DeviceClock } from "./device-clock.ts";
import { deviceHandlers } from "./device-handlers.ts";
import type { DeviceActions } from "./device-handlers.ts";
import type { DeviceOptions, DeviceWatcher, Urgency } from "./device-options.ts";
import { deviceRoutines } from "./device-routines.ts";
import { dispatcher } from "./dispatch.ts";
import type { Dispatch } from "./dispatch.ts";
import type { DeviceEvent } from "./events.ts";
import { addedInformPaths, forcedInformPaths } from "./inform-parameters.ts";
import { lightSettings } from "./light/light-options.ts";
import { noChannels, type ChannelMemory } from "./light/channel-memory.ts";
import type { LightSettings } from "./light/light-options.ts";
import { ReferenceParameters } from "./light/reference-parameters.ts";
import type { GivenReference } from "./light/reference.ts";
import type { Declarations } from "./object-tree.ts";
import { DelayedReboot, NO_REBOOT } from "./reboot-plan.ts";
import { Routines } from "./routines.ts";
import type { Routine } from "./routines.ts";
import { ScheduledWork } from "./scheduled-work.ts";
import { ServerSettings } from "./server-settings.ts";
import { NO_COMPRESSION, standardParameters } from "./standard-parameters.ts";

const DEFAULT_RESTART_MS = 1_000;

/**
 * What a device is and does whatever its transport: its parameters, the RPCs of its ACS, what it owes the ACS, and
 * restarts. Its contact asks it for the next delivery and tells it how that went.
 */
export class Device {
  readonly model: DataModel;
  /** Serves an RPC of the ACS; what it changed is kept when the reply is there. */
  readonly dispatch: Dispatch;
  /** How it speaks light; undefined where it does not. */
  readonly light: LightSettings | undefined;
  readonly sessionTimeout: number | undefined;
  /** What it keeps of its channels; {@link keepChannels} changes it. */
  channels: ChannelMemory = noChannels;
  readonly settings: ServerSettings;
  readonly #options: DeviceOptions;
  readonly #clock: DeviceClock;
  readonly #watcher: DeviceWatcher;
  readonly #reference = new ReferenceParameters();
  readonly #routines: Routines;
  readonly #work: ScheduledWork;
  readonly #delayedReboot: DelayedReboot;
  readonly #notices: ChangeNotices;
  #agenda: Agenda = emptyAgenda;
  #bootedAt = 0;
  #isUp = false;
  #isClosed = false;
  #holds = 0;
  #whenReleased: "nothing" | "restart" | "factory-reset" = "nothing";
  #isDirty = false;
  /** The ACS that its contact knows of. */
  #facedUrl: string;
  #connectionRequestUrl = "";
  #whenCallable: () => void = () => undefined;

  constructor(options: DeviceOptions, watcher: DeviceWatcher) {
    const { dataModel, clock = machineClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#watcher = watcher;
    this.light = lightSettings(options.light);
    this.sessionTimeout = options.sessionTimeout;
    this.model = dataModel;
    this.settings = new ServerSettings(dataModel);
    this.#work = new ScheduledWork(clock);
    this.dispatch = this.#dispatcher();
    this.#routines = new Routines(clock, this.#routinesOf());
    this.#delayedReboot = new DelayedReboot({
      clock,
      seconds: () => this.settings.number("DelayReboot"),
      reboot: () => this.#reboot(),
    });
    this.#notices = this.#changeNotices();
    dataModel.supplement(this.#standardParameters());
    this.#restore();
    this.#facedUrl = this.acsUrl;
    dataModel.onChange((change) => this.#changed(change));
  }

  /** False while it restarts: then it neither calls nor can be called. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get acsUrl(): string {
    return this.settings.text("URL");
  }

  /** The ACS cannot read what is compressed: from now on nothing is [CWMP 1.4 3.4.7]. */
  dropCompression(): void {
    this.model.set(`${this.settings.path}HTTPCompression`, NO_COMPRESSION);
  }

  /** Whether it takes connection requests by HTTP [TR-181 HTTPConnectionRequestEnable]. */
  get isCallable(): boolean {
    return this.model.get(`${this.settings.path}HTTPConnectionRequestEnable`) !== false;
  }

  /** Calls the listener, the only one, where {@link isCallable} may have changed. */
  onCallable(listener: () => void): void {
    this.#whenCallable = listener;
  }

  /** Where it listens for connection requests; set by its transport, empty where it does not. */
  get connectionRequestUrl(): string {
    return this.#connectionRequestUrl;
  }

  set connectionRequestUrl(url: string) {
    if (url === this.#connectionRequestUrl) return;
    this.#connectionRequestUrl = url;
    const path = `${this.settings.path}ConnectionRequestURL`;
    if (this.#isUp) this.#changed({ path, by: "device", notification: this.model.notification(path) });
  }

  /** The device has power: from now on it owes its ACS a `1 BOOT`. */
  boot(): void {
    this.#isUp = true;
    this.#bootedAt = this.#clock.now();
    this.#watcher.booted();
    const delay = `${this.settings.path}DelayReboot`;
    if (this.model.get(delay) !== undefined) this.model.set(delay, NO_REBOOT);
    this.#whenCallable();
    this.note({ EventCode: "1 BOOT" }, "at-once");
    this.#routines.start();
  }

  /** For ever: what still runs has no effect on it. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  note(event: DeviceEvent, urgency: Urgency = "as-due"): void {
    this.#owe(noteEvent(this.#agenda, event));
    this.#watcher.wanted(urgency);
  }

  /** Asks its ACS for something, in the next session, with the event that announces such a request. */
  ask(request: AcsRequest): void {
    this.#owe(noteRequest(this.#agenda, request));
    const EventCode = announcement(request);
    if (EventCode === undefined) this.#watcher.wanted("at-once");
    else this.note({ EventCode }, "at-once");
  }

  /** Whether there is anything that the ACS did not take note of. */
  get hasUndelivered(): boolean {
    return this.#agenda.events.length > 0 || this.#agenda.requests.length > 0;
  }

  /** What is to be told next to the ACS of that URL. */
  nextDelivery(acsUrl: string): Delivery {
    this.#owe(facing(this.#agenda, acsUrl));
    return nextDelivery(this.#agenda);
  }

  inform({ events, changed }: Delivery, retryCount: number): AcsParams<"Inform"> {
    const { deviceId, informPaths: more = [] } = this.#options;
    const added = addedInformPaths(this.model, events);
    const paths = [...forcedInformPaths(this.model), ...more, ...added, ...changed];
    const values = this.model.values(paths.filter((path) => this.model.get(path) !== undefined));
    return {
      DeviceId: deviceId,
      Event: events,
      MaxEnvelopes: 1,
      CurrentTime: dateTimeOf(this.#clock.now()),
      RetryCount: retryCount,
      ParameterList: values.result ?? {},
    };
  }

  informed(delivery: Delivery, acsUrl: string): void {
    this.#owe(informed(this.#agenda, delivery, acsUrl));
  }

  /** The request to the ACS that is asked first; undefined where there is none. */
  get nextRequest(): AcsRequest | undefined {
    return this.#agenda.requests[0];
  }

  requestAnswered(): void {
    this.#owe(requestAnswered(this.#agenda));
  }

  /** The reference that the ACS set as parameters since it was taken last. */
  takeReference(): GivenReference | undefined {
    return this.#reference.take();
  }

  /** What there was to tell is told. */
  sessionEnded(): void {
    this.#notices.throttle.sessionEnded();
  }

  /** While it is held, a restart waits: in a session, and until the answer to a call has left. */
  hold(): void {
    this.#holds += 1;
  }

  /** Ends one hold; after the last one, what had to wait is done. */
  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#notices.throttle.released();
    this.#whenFree();
  }

  #dispatcher(): Dispatch {
    const handlers = { ...deviceHandlers(this.#actions()), ...this.#options.handlers };
    const dispatch = dispatcher({ model: this.model, handlers });
    return async (request) => {
      const reply = await dispatch(request);
      this.#save();
      this.#options.onActivity?.({ type: "rpc-served", request, reply });
      return reply;
    };
  }

  #actions(): DeviceActions {
    return deviceActions({
      clock: this.#clock,
      work: this.#work,
      transfer: this.#options.transfer,
      waiting: () => this.#agenda.requests.length,
      tell: (events, request) => this.#tell(events, request),
      reboot: () => this.#reboot(),
      restart: (commandKey) => {
        this.#owe(noteEvent(this.#agenda, { EventCode: "M Reboot", CommandKey: commandKey }));
        this.#whenReleased = "restart";
      },
      resetToFactory: () => {
        this.#whenReleased = "factory-reset";
      },
    });
  }

  #tell(events: readonly DeviceEvent[], request?: AcsRequest): void {
    if (request !== undefined) this.#owe(noteRequest(this.#agenda, request));
    this.#owe(events.reduce(noteEvent, this.#agenda));
    this.#watcher.wanted("as-due");
  }

  /** As soon as nothing holds it. */
  #reboot(): void {
    this.#whenReleased = "restart";
    this.#whenFree();
  }

  #whenFree(): void {
    if (this.#holds > 0 || this.#isClosed) return;
    this.#delayedReboot.released();
    const todo = this.#whenReleased;
    this.#whenReleased = "nothing";
    if (todo === "factory-reset") this.#forget();
    if (todo !== "nothing") this.#restart();
    if (this.#facedUrl === this.acsUrl) return;
    this.#facedUrl = this.acsUrl;
    this.#watcher.moved();
  }

  #standardParameters(): Declarations {
    const { acsUrl, deviceId, username = "", password = "", aliases = false, datagrams } = this.#options;
    const standard = standardParameters({
      root: this.model.root,
      deviceId,
      acsUrl,
      username,
      password,
      aliases,
      datagrams: datagrams !== undefined,
      upTime: () => Math.floor((this.#clock.now() - this.#bootedAt) / 1000),
      connectionRequestUrl: () => this.#connectionRequestUrl,
    });
    if (this.light === undefined) return standard;
    return { ...standard, ...this.#reference.declarations(this.settings.path, this.light) };
  }

  #routinesOf(): readonly Routine[] {
    return deviceRoutines({
      settings: this.settings,
      now: () => this.#clock.now(),
      random: this.#options.random ?? Math.random,
      note: (EventCode) => this.note({ EventCode }),
      reboot: () => this.#reboot(),
      trigger: () => this.#notices.trigger(),
    });
  }

  #changeNotices(): ChangeNotices {
    const { datagrams: sender, deviceId, random = Math.random } = this.#options;
    const throttle = {
      clock: this.#clock,
      seconds: () => this.settings.number("DefaultActiveNotificationThrottle"),
      isBusy: () => this.#holds > 0,
      tell: () => this.#watcher.wanted("as-due"),
    };
    const lightweight = sender && {
      sender,
      deviceId,
      settings: () => this.settings.lightweight,
      show: (path: string) => this.model.show(path),
      random,
      now: () => this.#clock.now(),
    };
    return new ChangeNotices({
      throttle,
      lightweight,
      owe: (path) => this.#owe(noteChange(this.#agenda, path)),
    });
  }

  #changed(change: Change): void {
    const { path, by } = change;
    const { path: server } = this.settings;
    this.#isDirty = true;
    if (by === "device") queueMicrotask(() => this.#save());
    this.#routines.changed(path);
    if (path === `${server}DelayReboot`) this.#delayedReboot.set();
    if (path === `${server}HTTPConnectionRequestEnable`) this.#whenCallable();
    if (path === `${server}URL` || path === `${server}DelayReboot`) this.#whenFree();
    this.#notices.changed(change);
  }

  #restart(): void {
    const { restartMs = DEFAULT_RESTART_MS, onActivity } = this.#options;
    this.#goDown();
    this.#watcher.goingDown();
    onActivity?.({ type: "restarting" });
    this.#work.after(restartMs, () => this.boot());
  }

  #goDown(): void {
    this.#isUp = false;
    this.#routines.stop();
    this.#notices.reset();
    this.#delayedReboot.cancel();
  }

  #stop(): void {
    this.#goDown();
    this.#work.forget();
  }

  #forget(): void {
    this.#stop();
    this.model.reset();
    this.channels = noChannels;
    this.#isDirty = true;
    this.#owe(emptyAgenda);
  }

  #restore(): void {
    const state = this.#options.state?.load();
    if (state === undefined) return;
    this.model.restore(state.model);
    this.#agenda = state.agenda;
    this.channels = state.channels ?? noChannels;
  }

  keepChannels(channels: ChannelMemory): void {
    this.channels = channels;
    this.#isDirty = true;
    this.#save();
  }

  #owe(agenda: Agenda): void {
    if (agenda === this.#agenda) return;
    this.#agenda = agenda;
    this.#isDirty = true;
    this.#save();
  }

  #save(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const channels = this.channels === noChannels ? {} : { channels: this.channels };
    this.#options.state?.save({ model: this.model.snapshot(), agenda: this.#agenda, ...channels });
  }
}
