import type { AcsParams, AcsRequest, DeviceId } from "@heliograph/protocol";
import type { Activity } from "./activity.ts";
import {
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
import type { Credentials } from "./credentials.ts";
import type { Change, DataModel } from "./data-model.ts";
import { machineClock } from "./device-clock.ts";
import type { DeviceClock, DeviceTimer } from "./device-clock.ts";
import { deviceHandlers } from "./device-handlers.ts";
import type { DeviceActions } from "./device-handlers.ts";
import { dispatcher } from "./dispatch.ts";
import type { Dispatch, Handlers } from "./dispatch.ts";
import type { DeviceEvent } from "./events.ts";
import { lightSettings } from "./light/light-options.ts";
import type { LightOptions, LightSettings } from "./light/light-options.ts";
import { ReferenceParameters } from "./light/reference-parameters.ts";
import type { GivenReference } from "./light/reference.ts";
import type { Declarations } from "./object-tree.ts";
import { periodicDelayMs } from "./periodic.ts";
import { informPaths, standardParameters } from "./standard-parameters.ts";
import type { StateKeeper } from "./state.ts";
import { askedBy, transferFault } from "./transfer.ts";
import type { Transfer, TransferHandler } from "./transfer.ts";

export interface DeviceOptions {
  readonly acsUrl: string;
  readonly deviceId: DeviceId;
  /** What the device is; the parameters that every CWMP device has are added where it does not declare them. */
  readonly dataModel: DataModel;
  /** What the first challenge of the ACS is answered with. */
  readonly username?: string;
  readonly password?: string;
  /** RPCs besides those on the data model, in place of what the device would do by itself. */
  readonly handlers?: Handlers;
  /** Moves files; without it Download and Upload are not supported. */
  readonly transfer?: TransferHandler;
  /** Without it the device forgets everything when it ends, and bootstraps each time. */
  readonly state?: StateKeeper;
  /** How it speaks light where its ACS does; `"not"` where it never does. */
  readonly light?: "not" | LightOptions;
  /** What Informs say besides what they must. */
  readonly informPaths?: readonly string[];
  /** How many seconds it asks the ACS to wait for it in a session; without it the ACS waits as long as it likes. */
  readonly sessionTimeout?: number;
  /** How long a restart takes. 1 s where not given. */
  readonly restartMs?: number;
  readonly clock?: DeviceClock;
  readonly onActivity?: (activity: Activity) => void;
}

/** How soon the ACS is to hear of something: as soon as the retry rules allow, or whatever they say. */
export type Urgency = "as-due" | "at-once";

/** Who keeps the device in touch with its ACS hears of it. */
export interface DeviceWatcher {
  /** There is something to tell the ACS. */
  wanted(urgency: Urgency): void;
  booted(): void;
  goingDown(): void;
  /** The device has another ACS. */
  moved(): void;
}

/** What a list of queued transfers has room for [CWMP 1.4 schema]. */
const MAX_SCHEDULED = 16;
const DEFAULT_RESTART_MS = 1_000;
/** Notification attributes that ask for a `4 VALUE CHANGE` in the next Inform, and those that ask for one now. */
const NOTIFIED: ReadonlySet<number> = new Set([1, 2, 4, 6]);
const NOTIFIED_ACTIVELY = 2;

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
  /** Where the device listens for connection requests; set by its transport. */
  connectionRequestUrl = "";
  readonly #options: DeviceOptions;
  readonly #clock: DeviceClock;
  readonly #watcher: DeviceWatcher;
  readonly #server: string;
  readonly #reference = new ReferenceParameters();
  readonly #timers = new Set<DeviceTimer>();
  #periodic: DeviceTimer | undefined;
  /** ScheduleInforms and transfers that are not over. */
  #scheduled = 0;
  #agenda: Agenda = emptyAgenda;
  #bootedAt = 0;
  #isUp = false;
  #isClosed = false;
  #holds = 0;
  #whenReleased: "nothing" | "restart" | "factory-reset" = "nothing";
  #isDirty = false;
  /** The ACS that its contact knows of. */
  #facedUrl: string;

  constructor(options: DeviceOptions, watcher: DeviceWatcher) {
    const { dataModel, clock = machineClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#watcher = watcher;
    this.light = lightSettings(options.light);
    this.sessionTimeout = options.sessionTimeout;
    this.model = dataModel;
    this.#server = `${dataModel.root}ManagementServer.`;
    this.dispatch = this.#dispatcher();
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
    return this.setting("URL");
  }

  /** A text below ManagementServer. */
  setting(name: string): string {
    return String(this.model.get(this.#server + name) ?? "");
  }

  /** A number below ManagementServer. */
  number(name: string): number {
    return Number(this.model.get(this.#server + name) ?? 0);
  }

  /** What two settings below ManagementServer say; undefined where there is no user name. */
  credentials(
    username: "Username" | "ConnectionRequestUsername",
    password: "Password" | "ConnectionRequestPassword",
  ): Credentials | undefined {
    const name = this.setting(username);
    return name === "" ? undefined : { username: name, password: this.setting(password) };
  }

  /** The device has power: from now on it owes its ACS a `1 BOOT`. */
  boot(): void {
    this.#isUp = true;
    this.#bootedAt = this.#clock.now();
    this.#watcher.booted();
    this.note({ EventCode: "1 BOOT" }, "at-once");
    this.#armPeriodic();
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
    const paths = [...informPaths(this.model.root), ...more, ...changed];
    const values = this.model.values(paths.filter((path) => this.model.get(path) !== undefined));
    return {
      DeviceId: deviceId,
      Event: events,
      MaxEnvelopes: 1,
      CurrentTime: this.#time(),
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

  /** While it is held, a restart waits: in a session, and until the answer to a call has left. */
  hold(): void {
    this.#holds += 1;
  }

  /** Ends one hold; after the last one, what had to wait is done. */
  release(): void {
    this.#holds -= 1;
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
    const { transfer } = this.#options;
    return {
      restart: (commandKey) => {
        this.#owe(noteEvent(this.#agenda, { EventCode: "M Reboot", CommandKey: commandKey }));
        this.#whenReleased = "restart";
      },
      resetToFactory: () => {
        this.#whenReleased = "factory-reset";
      },
      informAfter: (seconds, CommandKey) =>
        this.#schedule(seconds, async () => {
          this.#owe(noteEvent(this.#agenda, { EventCode: "3 SCHEDULED" }));
          this.note({ EventCode: "M ScheduleInform", CommandKey });
        }),
      transferAfter:
        transfer === undefined
          ? undefined
          : (seconds, what) => this.#schedule(seconds, async () => this.#transfer(transfer, what)),
    };
  }

  /** False where as much as the device keeps in mind is scheduled already, or waits for the ACS to hear of its end. */
  #schedule(seconds: number, action: () => Promise<void>): boolean {
    if (this.#scheduled + this.#agenda.requests.length >= MAX_SCHEDULED) return false;
    this.#scheduled += 1;
    this.#after(seconds * 1000, () => {
      void action().finally(() => {
        this.#scheduled -= 1;
      });
    });
    return true;
  }

  async #transfer(handler: TransferHandler, transfer: Transfer): Promise<void> {
    const { kind, CommandKey = "" } = transfer;
    const StartTime = this.#time();
    const FaultStruct = await handler(transfer).then(
      () => transferFault(kind),
      (error: unknown) => transferFault(kind, error),
    );
    const isFirmware = kind === "Download" && transfer.FileType.startsWith("1 ");
    const params = { CommandKey, FaultStruct, StartTime, CompleteTime: this.#time() };
    this.#owe(noteRequest(this.#agenda, { method: "TransferComplete", params }));
    this.#owe(noteEvent(this.#agenda, { EventCode: `M ${askedBy(transfer)}`, CommandKey }));
    this.note({ EventCode: "7 TRANSFER COMPLETE" });
    if (!isFirmware || FaultStruct.FaultCode !== 0) return;
    this.#whenReleased = "restart";
    this.#whenFree();
  }

  #whenFree(): void {
    if (this.#holds > 0 || this.#isClosed) return;
    const todo = this.#whenReleased;
    this.#whenReleased = "nothing";
    if (todo === "factory-reset") this.#forget();
    if (todo !== "nothing") this.#restart();
    if (this.#facedUrl === this.acsUrl) return;
    this.#facedUrl = this.acsUrl;
    this.#watcher.moved();
  }

  #standardParameters(): Declarations {
    const { acsUrl, deviceId, username = "", password = "" } = this.#options;
    const standard = standardParameters({
      root: this.model.root,
      deviceId,
      acsUrl,
      username,
      password,
      upTime: () => Math.floor((this.#clock.now() - this.#bootedAt) / 1000),
      connectionRequestUrl: () => this.connectionRequestUrl,
    });
    if (this.light === undefined) return standard;
    return { ...standard, ...this.#reference.declarations(this.#server, this.light) };
  }

  #changed({ path, by, notification }: Change): void {
    this.#isDirty = true;
    if (by === "device") queueMicrotask(() => this.#save());
    if (path.startsWith(`${this.#server}PeriodicInform`)) this.#armPeriodic();
    if (path === `${this.#server}URL`) this.#whenFree();
    if (by === "acs" || !NOTIFIED.has(notification)) return;
    this.#owe(noteChange(this.#agenda, path));
    if (notification === NOTIFIED_ACTIVELY) this.#watcher.wanted("as-due");
  }

  #armPeriodic(): void {
    this.#periodic?.cancel();
    if (!this.#isUp || this.model.get(`${this.#server}PeriodicInformEnable`) !== true) return;
    const interval = this.number("PeriodicInformInterval");
    const reference = this.setting("PeriodicInformTime");
    this.#periodic = this.#clock.after(
      periodicDelayMs({ now: this.#clock.now(), interval, reference }),
      () => {
        this.note({ EventCode: "2 PERIODIC" });
        this.#armPeriodic();
      },
    );
  }

  #restart(): void {
    const { restartMs = DEFAULT_RESTART_MS, onActivity } = this.#options;
    this.#isUp = false;
    this.#periodic?.cancel();
    this.#watcher.goingDown();
    onActivity?.({ type: "restarting" });
    this.#after(restartMs, () => this.boot());
  }

  #stop(): void {
    this.#isUp = false;
    this.#periodic?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #forget(): void {
    this.#stop();
    this.#scheduled = 0;
    this.model.reset();
    this.#isDirty = true;
    this.#owe(emptyAgenda);
  }

  #after(delayMs: number, action: () => void): void {
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+/, "");
  }

  #restore(): void {
    const state = this.#options.state?.load();
    if (state === undefined) return;
    this.model.restore(state.model);
    this.#agenda = state.agenda;
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
    this.#options.state?.save({ model: this.model.snapshot(), agenda: this.#agenda });
  }
}
