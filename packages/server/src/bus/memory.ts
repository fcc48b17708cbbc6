import {
  BusClosedError,
  NobodyThereError,
  RequestFailedError,
  RequestTimedOutError,
  type Bus,
  type RequestOptions,
  type RequestPattern,
  type RequestSubject,
  type Subject,
  type SubjectPattern,
  type SubscribeOptions,
  type Subscription,
} from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import { SubscriptionTable, type Entry } from "./subscriptions.ts";

export interface MemoryBusOptions {
  readonly clock: Clock;
  /** Told of every error that a subscriber's handler threw. */
  readonly onError: (error: unknown, subject: string) => void;
}

// The types of a subject say what it carries; the tables below hold all of them, and so know none.
interface Listener {
  hear(message: unknown, subject: string): void;
}
interface Server {
  answer(message: unknown, subject: string): Promise<unknown>;
}
interface Asker {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * The bus of one process: passes values, not bytes, in a later microtask and in order. Nothing is copied, so whoever
 * changes a message breaks the port's contract.
 */
export function memoryBus(options: MemoryBusOptions): Bus {
  return new MemoryBus(options);
}

class MemoryBus implements Bus {
  readonly #options: MemoryBusOptions;
  readonly #listeners = new SubscriptionTable<Listener>();
  readonly #servers = new SubscriptionTable<Server>();
  readonly #open = new Set<Asker>();
  #isClosed = false;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  publish<M>(subject: Subject<M>, message: M): void {
    this.#assertOpen(subject);
    for (const entry of this.#listeners.matching(subject)) this.#deliver(entry, subject, message);
  }

  subscribe<M>(
    pattern: SubjectPattern<M>,
    handler: (message: M, subject: string) => void,
    options: SubscribeOptions = {},
  ): Subscription {
    this.#assertOpen(pattern);
    return this.#listeners.add(pattern, { hear: handler }, options.queue);
  }

  request<Q, A>(subject: RequestSubject<Q, A>, message: Q, { timeoutMs }: RequestOptions): Promise<A> {
    if (this.#isClosed) return Promise.reject(closedError(subject));
    const [server] = this.#servers.matching(subject);
    if (server === undefined) return Promise.reject(new NobodyThereError(`nobody serves ${subject}`));
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    const asker: Asker = { resolve, reject };
    const settled = this.#hold(asker, subject, timeoutMs);
    queueMicrotask(() => {
      server.handler.answer(message, subject).then(
        (answer) => {
          settled();
          asker.resolve(answer);
        },
        (cause: unknown) => {
          settled();
          reject(new RequestFailedError(`whoever serves ${subject} failed`, { cause }));
        },
      );
    });
    return promise;
  }

  serve<Q, A>(
    subject: RequestSubject<Q, A> | RequestPattern<Q, A>,
    handler: (message: Q, subject: string) => Promise<A>,
    options: SubscribeOptions = {},
  ): Subscription {
    this.#assertOpen(subject);
    return this.#servers.add(subject, { answer: handler }, options.queue);
  }

  /** It is never lost. */
  onReturn(): Subscription {
    return { unsubscribe: () => undefined };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#servers.clear();
    for (const asker of this.#open)
      asker.reject(new BusClosedError("the bus was closed before the answer came"));
    this.#open.clear();
  }

  /** Keeps who asked until the request is settled, its time is over, or the bus closes. */
  #hold(asker: Asker, subject: string, timeoutMs: number): () => void {
    this.#open.add(asker);
    const timer = this.#options.clock.after(timeoutMs, () => {
      this.#open.delete(asker);
      asker.reject(new RequestTimedOutError(`${subject} gave no answer within ${timeoutMs} ms`));
    });
    return () => {
      timer.cancel();
      this.#open.delete(asker);
    };
  }

  #deliver(entry: Entry<Listener>, subject: string, message: unknown): void {
    queueMicrotask(() => {
      if (!entry.live) return;
      try {
        entry.handler.hear(message, subject);
      } catch (error) {
        this.#options.onError(error, subject);
      }
    });
  }

  #assertOpen(subject: string): void {
    if (this.#isClosed) throw closedError(subject);
  }
}

function closedError(subject: string): BusClosedError {
  return new BusClosedError(`cannot use ${subject}: the bus is closed`);
}
