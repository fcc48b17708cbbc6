import { headers, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import {
  BusClosedError,
  RequestFailedError,
  StoreBusyError,
  type Bus,
  type Clock,
  type Log,
  type RequestOptions,
  type RequestPattern,
  type RequestSubject,
  type Spans,
  type Subject,
  type SubjectPattern,
  type SubscribeOptions,
  type Subscription,
} from "../ports/index.ts";
import { eventCarrier, isEvent, plainCarrier, type EventCarrier } from "./nats-events.ts";
import { errorOf, failureOf, readFailure } from "./nats-failure.ts";
import { NatsLink, type NatsAddress } from "./nats-link.ts";
import { Questions } from "./nats-questions.ts";

export interface NatsBusOptions {
  readonly address: NatsAddress;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every error that a subscriber's handler threw, and of every message that is no JSON. */
  readonly onError: (error: unknown, subject: string) => void;
  /** Whether events of the store are published by this process, and to be kept: left out, they are. */
  readonly keepsEvents?: boolean;
  /** What is asked says which span it is part of; left out, it does not. */
  readonly spans?: Spans;
}

/** A bus by NATS, which other processes are on as well. */
export interface NatsBus extends Bus {
  /**
   * Resolves once NATS has all events of the store that were published so far, in its stream where it has one. Rejects with
   * {@link BusAwayError} where that takes too long.
   */
  kept(): Promise<void>;
}

/** How many questions may be answered at once: what is asked beyond that is refused. */
const MAX_SERVING = 10_000;
const SAY_AGAIN_MS = 10_000;

/** Says that the answer is the reason why there is none. */
const FAILURE = "Heliograph-Failure";
/** Says which span a request is part of [W3C Trace Context]. */
const TRACEPARENT = "traceparent";

/** Connects to NATS. Rejects with {@link BusUnreachableError} where it is not there, or does not let us in. */
export async function openNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { address, clock, log, keepsEvents = true } = options;
  const link = await NatsLink.open(address, { clock, log });
  try {
    const events = keepsEvents ? await eventCarrier({ link, clock, log }) : plainCarrier(link);
    return new ConnectedBus(options, { link, events });
  } catch (error) {
    await link.close();
    throw error;
  }
}

interface BusParts {
  readonly link: NatsLink;
  readonly events: EventCarrier;
}

class ConnectedBus implements NatsBus {
  readonly #options: NatsBusOptions;
  readonly #link: NatsLink;
  readonly #events: EventCarrier;
  readonly #questions: Questions;
  readonly #subscriptions = new Set<Subscription>();
  /** Questions that we are about to answer. */
  #serving = 0;
  /** The log knows that there are too many. */
  #isBusy = false;
  #isClosed = false;

  constructor(options: NatsBusOptions, { link, events }: BusParts) {
    this.#options = options;
    this.#link = link;
    this.#events = events;
    this.#questions = new Questions({ link, clock: options.clock });
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

  async request<Q, A>(subject: RequestSubject<Q, A>, message: Q, options: RequestOptions): Promise<A> {
    this.#assertOpen(subject);
    const { timeoutMs } = options;
    const data = encode(message);
    if (this.#isTooLong(data, subject)) throw new RequestFailedError(`${subject} was asked too much at once`);
    const received = await this.#questions.ask({ subject, data, timeoutMs, said: this.#saidWith() });
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
      const answer = (): Promise<void> => this.#answer(received, (at) => handler(received.json(), at));
      const { spans } = this.#options;
      void (spans === undefined ? answer() : spans.within(received.headers?.get(TRACEPARENT), answer));
    });
  }

  onReturn(listener: () => void): Subscription {
    const listening = this.#link.listen({ onBack: listener });
    this.#subscriptions.add(listening);
    return {
      unsubscribe: () => {
        listening.unsubscribe();
        this.#subscriptions.delete(listening);
      },
    };
  }

  kept(): Promise<void> {
    return this.#events.kept();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#questions.close();
    this.#events.close();
    await this.#link.close();
  }

  /** What is said with a question, besides it. */
  #saidWith(): MsgHdrs | undefined {
    const here = this.#options.spans?.here();
    if (here === undefined) return undefined;
    const said = headers();
    said.set(TRACEPARENT, here);
    return said;
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
    // Whoever wants no answer asks nothing. One that is to go to a subject of ours would be believed there to come from us.
    if (reply === undefined || !reply.startsWith("_")) return;
    this.#serving += 1;
    try {
      if (this.#serving > MAX_SERVING) throw this.#tooManyAsk();
      const data = encode(await ask(subject));
      if (this.#isTooLong(data, subject)) throw new Error("the answer is too long for NATS");
      if (!this.#isClosed) this.#link.send(reply, data);
    } catch (error) {
      const said = headers();
      said.set(FAILURE, "1");
      if (!this.#isClosed) this.#link.send(reply, encode(failureOf(error)), { headers: said });
    } finally {
      this.#serving -= 1;
    }
  }

  #tooManyAsk(): StoreBusyError {
    if (!this.#isBusy) {
      this.#options.log.warn("more is asked than can be answered", { asked: MAX_SERVING });
      this.#isBusy = true;
      this.#options.clock.after(SAY_AGAIN_MS, () => {
        this.#isBusy = false;
      });
    }
    return new StoreBusyError(`${MAX_SERVING} questions are being answered already`);
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

function closedError(subject: string): BusClosedError {
  return new BusClosedError(`cannot use ${subject}: the bus is closed`);
}
