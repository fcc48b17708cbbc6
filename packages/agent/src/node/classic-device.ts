import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Device } from "../device.ts";
import type { DeviceOptions, Urgency } from "../device.ts";
import { machineClock } from "../device-clock.ts";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import { retryDelayMs } from "../retry.ts";
import { AcsConnection, AcsConnectionError } from "./acs-connection.ts";
import type { Credentials } from "./authenticator.ts";
import { classicSession, SessionFailedError } from "./classic-session.ts";
import { openConnectionRequestServer } from "./connection-request-server.ts";
import type { ConnectionRequestServer, RequestLimit } from "./connection-request-server.ts";

export interface ClassicDeviceOptions extends DeviceOptions {
  /** How it listens for connection requests; `"not"` where it does not. */
  readonly connectionRequests?: "not" | ListenOptions;
  /** Certificate authorities in place of the system's, as PEM. */
  readonly ca?: string;
  /** Uniform in [0, 1), for the retry waits. */
  readonly random?: () => number;
}

export interface ListenOptions {
  /** The address that leads to the ACS where not given. */
  readonly host?: string;
  /** Any free one where not given. */
  readonly port?: number;
  readonly path?: string;
  readonly limit?: RequestLimit;
}

/** A device that speaks classic CWMP: one HTTP session each time there is something to say. */
export interface ClassicDevice {
  /** Where connection requests are taken; empty where they are not. */
  readonly address: string;
  /** Opens a session with that event now; resolves when one that told of it ended well. Rejects when it is closed. */
  informNow(eventCode?: string): Promise<void>;
  close(): Promise<void>;
}

/** Switches the device on: it boots, informs its ACS, and serves it until it is closed. */
export async function startClassicDevice(options: ClassicDeviceOptions): Promise<ClassicDevice> {
  const sessions = new ClassicSessions(options);
  await sessions.listen();
  sessions.boot();
  return sessions;
}

/** Decides when sessions are held: one at a time, and failed ones again by the rules of CWMP [CWMP 1.4 3.2.1.1]. */
class ClassicSessions implements ClassicDevice {
  readonly #options: ClassicDeviceOptions;
  readonly #device: Device;
  readonly #clock: DeviceClock;
  #server: ConnectionRequestServer | undefined;
  #connection: AcsConnection | undefined;
  #running: Promise<void> | undefined;
  #retry: DeviceTimer | undefined;
  #retryCount = 0;
  #isWanted = false;
  #isUrgent = false;
  #isClosed = false;
  #waiting: PromiseWithResolvers<undefined>[] = [];

  constructor(options: ClassicDeviceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? machineClock;
    this.#device = new Device(options, (urgency) => this.#want(urgency));
  }

  get address(): string {
    return this.#device.connectionRequestUrl;
  }

  async listen(): Promise<void> {
    const { connectionRequests = {} } = this.#options;
    if (connectionRequests === "not") return;
    const host = connectionRequests.host ?? (await localAddress(this.#device.acsUrl));
    this.#server = await openConnectionRequestServer({
      ...connectionRequests,
      host,
      credentials: () => this.#credentials("ConnectionRequestUsername", "ConnectionRequestPassword"),
      isReady: () => this.#device.isUp,
      onConnectionRequest: () => {
        this.#options.onActivity?.({ type: "connection-requested" });
        this.#device.note({ EventCode: "6 CONNECTION REQUEST" }, "at-once");
      },
    });
    this.#device.connectionRequestUrl = this.#server.url;
  }

  boot(): void {
    this.#device.boot();
  }

  async informNow(eventCode = "2 PERIODIC"): Promise<void> {
    const told = Promise.withResolvers<undefined>();
    this.#waiting.push(told);
    this.#device.note({ EventCode: eventCode }, "at-once");
    await told.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#device.close();
    this.#connection?.close();
    await this.#server?.close();
    await this.#running;
    for (const { reject } of this.#waiting) reject(new Error("the device is closed"));
  }

  /** What happens in one turn of the event loop goes into one session. */
  #want(urgency: Urgency): void {
    this.#isWanted = true;
    this.#isUrgent ||= urgency === "at-once";
    queueMicrotask(() => this.#consider());
  }

  #consider(): void {
    const mustWait = this.#retry !== undefined && !this.#isUrgent;
    if (this.#isClosed || !this.#device.isUp || !this.#isWanted || mustWait || this.#running !== undefined)
      return;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#isWanted = false;
    this.#isUrgent = false;
    this.#running = this.#attempt().finally(() => {
      this.#running = undefined;
      this.#consider();
    });
  }

  async #attempt(): Promise<void> {
    const { onActivity } = this.#options;
    const told = this.#waiting;
    this.#waiting = [];
    try {
      await this.#session();
      this.#retryCount = 0;
      onActivity?.({ type: "session-ended" });
      for (const { resolve } of told) resolve(undefined);
    } catch (error) {
      if (!(error instanceof AcsConnectionError || error instanceof SessionFailedError)) throw error;
      this.#waiting.push(...told);
      this.#tryAgain(error.message);
    }
    if (this.#isClosed) return;
    this.#device.sessionOver();
    if (!this.#device.isUp) this.#startOver();
  }

  async #session(): Promise<void> {
    const device = this.#device;
    const { ca, onActivity } = this.#options;
    const { acsUrl } = device;
    const delivery = device.nextDelivery(acsUrl);
    onActivity?.({
      type: "session-opened",
      acsUrl,
      events: delivery.events.map(({ EventCode }) => EventCode),
    });
    let owed = delivery.requests;
    const connection = new AcsConnection({
      url: acsUrl,
      credentials: this.#credentials("Username", "Password"),
      ...(ca === undefined ? {} : { ca }),
    });
    this.#connection = connection;
    try {
      await classicSession({
        connection,
        inform: device.inform(delivery, this.#retryCount),
        nextRequest: () => (owed > 0 ? device.nextRequest : undefined),
        dispatch: device.dispatch,
        onInformed: () => device.informed(delivery, acsUrl),
        onAnswered: ({ method }) => {
          owed -= 1;
          device.requestAnswered();
          onActivity?.({ type: "request-answered", method });
        },
      });
    } finally {
      connection.close();
    }
  }

  #tryAgain(reason: string): void {
    if (this.#isClosed) return;
    const { random = Math.random, onActivity } = this.#options;
    this.#retryCount += 1;
    const retryInMs = retryDelayMs(this.#retryCount, random(), {
      minimumWait: this.#device.number("CWMPRetryMinimumWaitInterval"),
      multiplier: this.#device.number("CWMPRetryIntervalMultiplier"),
    });
    onActivity?.({ type: "session-failed", reason, retryInMs });
    this.#retry = this.#clock.after(retryInMs, () => {
      this.#retry = undefined;
      this.#want("as-due");
    });
  }

  /** A restart forgets the retries [CWMP 1.4 3.2.1.1]. */
  #startOver(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#retryCount = 0;
  }

  #credentials(username: string, password: string): Credentials | undefined {
    const name = this.#device.setting(username);
    return name === "" ? undefined : { username: name, password: this.#device.setting(password) };
  }
}

/** The address of this machine that leads to the ACS; found without sending anything. Loopback where there is none. */
async function localAddress(acsUrl: string): Promise<string> {
  const host = new URL(acsUrl).hostname.replace(/^\[|\]$/g, "");
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    socket.connect(9, host);
    await once(socket, "connect");
    return socket.address().address;
  } catch {
    return "127.0.0.1";
  } finally {
    socket.close();
  }
}
