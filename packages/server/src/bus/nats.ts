import { headers, RequestError, TimeoutError, type Msg } from "@nats-io/transport-node";
import {
  asError,
  BusClosedError,
  NobodyThereError,
  RequestFailedError,
  RequestTimedOutError,
  type Bus,
  type Clock,
  type Log,
  type RequestOptions,
  type RequestPattern,
  type RequestSubject,
  type Subject,
  type SubjectPattern,
  type SubscribeOptions,
  type Subscription,
} from "../ports/index.ts";
import { eventCarrier, isEvent, type EventCarrier } from "./nats-events.ts";
import { errorOf, failureOf, readFailure } from "./nats-failure.ts";
import { NatsLink, type NatsAddress } from "./nats-link.ts";

export interface NatsBusOptions {
  readonly address: NatsAddress;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every error that a subscriber's handler threw, and of every message that is no JSON. */
  readonly onError: (error: unknown, subject: string) => void;
}

/** A bus by NATS, which other processes are on as well. */
export interface NatsBus extends Bus {
  /**
   * Resolves once NATS has all events of the store that were published so far, in its stream where it has one. Rejects with
   * {@link BusAwayError} where that takes too long.
   */
  kept(): Promise<void>;
}

/** Says that the answer is the reason why there is none. */
const FAILURE = "Heliograph-Failure";

/** Connects to NATS. Rejects with {@link BusUnreachableError} where it is not there, or does not let us in. */
export async function openNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { address, clock, log } = options;
  const askers: Askers = new Set();
  const onAway = (): void => {
    for (const { subject, reject } of askers) {
      reject(new RequestTimedOutError(`NATS went away before ${subject} gave its answer`));
    }
  };
  const link = await NatsLink.open(address, { log, onAway });
  try {
    const events = await eventCarrier({ link, clock, log });
    return new ConnectedBus(options, { link, askers, events });
  } catch (error) {
    await link.close();
    throw error;
  }
}

interface Asker {
  readonly subject: string;
  readonly reject: (error: Error) => void;
}

/** Who waits for an answer. */
type Askers = Set<Asker>;

interface BusParts {
  readonly link: NatsLink;
  readonly askers: Askers;
  readonly events: EventCarrier;
}

class ConnectedBus implements NatsBus {
  readonly #options: NatsBusOptions;
  readonly #link: NatsLink;
  readonly #events: EventCarrier;
  readonly #subscriptions = new Set<Subscription>();
  readonly #askers: Askers;
  #isClosed = false;

  constructor(options: NatsBusOptions, { link, askers, events }: BusParts) {
    this.#options = options;
    this.#link = link;
    this.#askers = askers;
    this.#events = events;
  }

  publish<M>(subject: Subject<M>, message: M): void {
    this.#assertOpen(subject);
    const data = encode(message);
    if (this.#isTooLong(data, subject)) return;
    if (isEvent(subject)) this.#events.carry({ subject, id: eventId(message), data });
    else this.#link.send(subject, data);
  }

  subscribe<M>(
    pattern: SubjectPattern<M>,
    handler: (message: M, subject: string) => void,
    options: SubscribeOptions = {},
  ): Subscription {
    return this.#listen(pattern, options, (received) => {
      try {
        handler(received.json(), received.subject);
      } catch (error) {
        this.#options.onError(error, received.subject);
      }
    });
  }

  async request<Q, A>(subject: RequestSubject<Q, A>, message: Q, { timeoutMs }: RequestOptions): Promise<A> {
    this.#assertOpen(subject);
    const { obstacle, connection } = this.#link;
    if (obstacle !== undefined)
      throw new NobodyThereError(`nobody was asked ${subject}: NATS is ${obstacle}`);
    const data = encode(message);
    if (this.#isTooLong(data, subject)) throw new RequestFailedError(`${subject} was asked too much at once`);
    this.#link.count(data.length);
    const { promise, resolve, reject } = Promise.withResolvers<Msg>();
    const asker: Asker = { subject, reject };
    this.#askers.add(asker);
    connection
      .request(subject, data, { timeout: Math.max(1, timeoutMs) })
      .then(resolve, (error: unknown) => {
        reject(requestError(error, { subject, timeoutMs }));
      })
      .finally(() => {
        this.#askers.delete(asker);
      });
    const received = await promise;
    if (received.headers?.has(FAILURE) !== true) return received.json();
    const cause = errorOf(readFailure(received.json()));
    throw new RequestFailedError(`whoever serves ${subject} failed`, { cause });
  }

  serve<Q, A>(
    subject: RequestSubject<Q, A> | RequestPattern<Q, A>,
    handler: (message: Q, subject: string) => Promise<A>,
    options: SubscribeOptions = {},
  ): Subscription {
    return this.#listen(subject, options, (received) => {
      void this.#answer(received, (at) => handler(received.json(), at));
    });
  }

  kept(): Promise<void> {
    return this.#events.kept();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const { subject, reject } of this.#askers) reject(closedError(subject));
    this.#events.close();
    await this.#link.close();
  }

  #listen(pattern: string, { queue }: SubscribeOptions, hear: (received: Msg) => void): Subscription {
    this.#assertOpen(pattern);
    const listening = this.#link.connection.subscribe(pattern, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, received) => {
        if (error === null) hear(received);
        else this.#options.log.error("NATS ended a subscription", { subject: pattern, error });
      },
    });
    const subscription: Subscription = {
      unsubscribe: () => {
        listening.unsubscribe();
        this.#subscriptions.delete(subscription);
      },
    };
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async #answer({ subject, reply }: Msg, ask: (subject: string) => Promise<unknown>): Promise<void> {
    // Whoever wants no answer asks nothing.
    if (reply === undefined || reply === "") return;
    try {
      const data = encode(await ask(subject));
      if (this.#isTooLong(data, subject)) throw new Error("the answer is too long for NATS");
      if (!this.#isClosed) this.#link.send(reply, data);
    } catch (error) {
      const said = headers();
      said.set(FAILURE, "1");
      if (!this.#isClosed) this.#link.send(reply, encode(failureOf(error)), { headers: said });
    }
  }

  #isTooLong({ length }: Uint8Array, subject: string): boolean {
    const { maxBytes } = this.#link;
    if (length <= maxBytes - HEADER_BYTES) return false;
    this.#options.log.error("a message is too long for NATS, and is lost: raise its max_payload", {
      ...{ subject, bytes: length, maxBytes },
    });
    return true;
  }

  #assertOpen(subject: string): void {
    if (this.#isClosed) throw closedError(subject);
  }
}

/** What headers of ours may take of a message's length. */
const HEADER_BYTES = 256;

const utf8 = new TextEncoder();

function encode(message: unknown): Uint8Array {
  return utf8.encode(JSON.stringify(message));
}

/** With its time: a store that is begun anew counts from one again. */
function eventId(message: unknown): string {
  if (typeof message !== "object" || message === null || !("id" in message) || !("at" in message)) {
    throw new TypeError("an event has an id and a time");
  }
  return `${String(message.id)}-${String(message.at)}`;
}

function requestError(
  thrown: unknown,
  { subject, timeoutMs }: { readonly subject: string; readonly timeoutMs: number },
): Error {
  if (thrown instanceof TimeoutError) {
    return new RequestTimedOutError(`${subject} gave no answer within ${timeoutMs} ms`);
  }
  if (thrown instanceof RequestError && thrown.isNoResponders()) {
    return new NobodyThereError(`nobody serves ${subject}`);
  }
  return new RequestFailedError(`${subject} could not be asked`, { cause: asError(thrown) });
}

function closedError(subject: string): BusClosedError {
  return new BusClosedError(`cannot use ${subject}: the bus is closed`);
}
