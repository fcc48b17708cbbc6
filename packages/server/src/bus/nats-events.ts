import { jetstream, jetstreamManager, type JetStreamClient } from "@nats-io/jetstream";
import { asError, BusAwayError, BusClosedError, subjects, type Clock, type Log } from "../ports/index.ts";
import type { NatsLink } from "./nats-link.ts";
import { matches } from "./subscriptions.ts";

/** The stream that keeps the events. It is made where there is none; one that is there stays as its operator set it up. */
export const STREAM = "HELIOGRAPH_EVENTS";

/** What the store's events are published on. */
export const EVENT_SUBJECTS: readonly string[] = [subjects.everyDeviceEvent, subjects.everyOperationChange];

const DAY_MS = 86_400_000;
const NANOSECONDS = 1_000_000;
const STREAM_LIMITS = { max_age: 7 * DAY_MS * NANOSECONDS, max_bytes: 2 ** 30 };

/** How many are on their way at a time, and how many may wait for theirs. */
const MAX_OUT = 256;
const MAX_WAITING = 10_000;
const ACK_MS = 5_000;
const RETRY_MS = 1_000;
/** Whoever asks whether all is kept waits no longer. */
const KEPT_MS = 5_000;

/** Before it there is no `sync_interval: always`. */
const SYNCING = { major: 2, minor: 10 };

/** An event of the store on its way. */
export interface CarriedEvent {
  readonly subject: string;
  /** Tells it from every other: that the stream has one already is seen by it. */
  readonly id: string;
  readonly data: Uint8Array;
}

/** Carries the store's events. */
export interface EventCarrier {
  /** Takes one, to be sent in order. Throws {@link BusAwayError} where it cannot be sent now. */
  carry(event: CarriedEvent): void;
  /** Resolves once the bus has all that was taken so far. Rejects with {@link BusAwayError} where that takes too long. */
  kept(): Promise<void>;
  /** Gives up what waits. */
  close(): void;
}

interface CarrierPorts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly log: Log;
}

export function isEvent(subject: string): boolean {
  const tokens = subject.split(".");
  return EVENT_SUBJECTS.some((pattern) => matches(pattern.split("."), tokens));
}

/** By a stream where NATS keeps one for us; else to whoever listens at the time, and the log says why. */
export async function eventCarrier(ports: CarrierPorts): Promise<EventCarrier> {
  const { link, log } = ports;
  const why = await whyNoStream(link);
  if (why !== undefined) {
    log.warn("events are not kept by NATS: whoever is away when one is published misses it", { why });
    return plainCarrier(link);
  }
  const version = link.connection.info?.version ?? "";
  if (!keepsOnDisk(version)) {
    log.warn("NATS before 2.10 can lose events that it has kept when the power fails", { version });
  }
  return new StreamCarrier(ports);
}

/** To whoever listens at the time. */
export function plainCarrier(link: NatsLink): EventCarrier {
  return new PlainCarrier(link);
}

/** Finds the stream or makes it; says why it cannot be had. */
async function whyNoStream({ connection }: NatsLink): Promise<string | undefined> {
  if (connection.info?.jetstream !== true) return "this server has no JetStream";
  try {
    const { streams } = await jetstreamManager(connection, { checkAPI: false, timeout: ACK_MS });
    const found = await streams.info(STREAM).catch(() => undefined);
    const { config } =
      found ??
      (await streams.add({ name: STREAM, subjects: [...EVENT_SUBJECTS], discard: "old", ...STREAM_LIMITS }));
    const missing = EVENT_SUBJECTS.find((subject) => !config.subjects.includes(subject));
    return missing === undefined ? undefined : `the stream ${STREAM} does not take ${missing}`;
  } catch (error) {
    return `the stream ${STREAM} cannot be made: ${asError(error).message}`;
  }
}

function keepsOnDisk(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > SYNCING.major || (major === SYNCING.major && minor >= SYNCING.minor);
}

/** At most once, to those who listen. */
class PlainCarrier implements EventCarrier {
  readonly #link: NatsLink;

  constructor(link: NatsLink) {
    this.#link = link;
  }

  carry({ subject, data }: CarriedEvent): void {
    refuseObstacle(this.#link);
    this.#link.send(subject, data);
  }

  async kept(): Promise<void> {
    refuseObstacle(this.#link);
    await this.#link.connection.flush().catch((cause: unknown) => {
      throw new BusAwayError("NATS went away with events", { cause });
    });
  }

  close(): void {
    // Nothing waits here.
  }
}

interface Waiter {
  /** How many must have been kept since the start. */
  readonly until: number;
  resolve(): void;
  reject(error: Error): void;
}

/** At least once, in order: what the stream has not acknowledged is sent again, and what follows it as well. */
class StreamCarrier implements EventCarrier {
  readonly #ports: CarrierPorts;
  readonly #stream: JetStreamClient;
  /** Oldest first. */
  readonly #waiting: CarriedEvent[] = [];
  readonly #waiters = new Set<Waiter>();
  #kept = 0;
  #isRunning = false;
  #isStuck = false;
  #isClosed = false;

  constructor(ports: CarrierPorts) {
    this.#ports = ports;
    this.#stream = jetstream(ports.link.connection, { timeout: ACK_MS });
  }

  carry(event: CarriedEvent): void {
    refuseObstacle(this.#ports.link);
    if (this.#waiting.length >= MAX_WAITING) throw new BusAwayError("the stream of events does not keep up");
    this.#waiting.push(event);
    if (!this.#isRunning) void this.#run();
  }

  kept(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = {
      until: this.#kept + this.#waiting.length,
      resolve: () => resolve(undefined),
      reject,
    };
    this.#waiters.add(waiter);
    const timer = this.#ports.clock.after(KEPT_MS, () => {
      reject(new BusAwayError("the stream of events has not acknowledged all of them"));
    });
    return promise.finally(() => {
      timer.cancel();
      this.#waiters.delete(waiter);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.reject(new BusClosedError("the bus was closed"));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const failed = await this.#sendSome();
      if (failed === undefined) this.#isStuck = false;
      else await this.#recover(failed);
    }
    this.#isRunning = false;
  }

  /** Gives what went wrong with the first that was not acknowledged. */
  async #sendSome(): Promise<Error | undefined> {
    if (this.#ports.link.obstacle === "away") return new BusAwayError("NATS is away");
    const out = this.#waiting.slice(0, MAX_OUT);
    const answers = await Promise.allSettled(
      out.map(({ subject, id, data }) => {
        this.#ports.link.count(data.length);
        return this.#unlessLost(this.#stream.publish(subject, data, { msgID: id, timeout: ACK_MS }));
      }),
    );
    const first = answers.findIndex(({ status }) => status === "rejected");
    this.#drop(first === -1 ? out.length : first);
    const answer = answers[first];
    return answer?.status === "rejected" ? asError(answer.reason) : undefined;
  }

  #drop(count: number): void {
    this.#waiting.splice(0, count);
    this.#kept += count;
    for (const waiter of this.#waiters) if (waiter.until <= this.#kept) waiter.resolve();
  }

  /** The stream may be gone with the disk that it was on. */
  async #recover(error: Error): Promise<void> {
    const { link, log } = this.#ports;
    if (this.#isClosed) return;
    if (!this.#isStuck) log.warn("NATS does not keep events: they wait", { error });
    this.#isStuck = true;
    await this.#pause();
    if (link.obstacle === undefined) await this.#unlessLost(whyNoStream(link)).catch(() => undefined);
  }

  /** For a while, or until NATS is back. */
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const go = (): void => resolve(undefined);
    const timer = this.#ports.clock.after(RETRY_MS, go);
    const listening = this.#ports.link.listen({ onBack: go });
    await promise;
    timer.cancel();
    listening.unsubscribe();
  }

  /** What NATS was asked before it went away it does not answer any more. */
  async #unlessLost<T>(asked: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAway = (): void => reject(new BusAwayError("NATS went away with what it was asked"));
    const listening = this.#ports.link.listen({ onAway });
    asked.then(resolve, reject);
    try {
      return await promise;
    } finally {
      listening.unsubscribe();
    }
  }
}

function refuseObstacle({ obstacle }: NatsLink): void {
  if (obstacle !== undefined) throw new BusAwayError(`NATS is ${obstacle}`);
}
