import {
  BusClosedError,
  NobodyThereError,
  RequestFailedError,
  RequestTimedOutError,
  type Bus,
  type RequestOptions,
  type Subscription,
} from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import { subscriptionTable, type Entry } from "./subscriptions.ts";

export interface MemoryBusOptions {
  readonly clock: Clock;
  /** Told of every error that a subscriber's handler threw. */
  readonly onError: (error: unknown, subject: string) => void;
}

type Listener = (message: unknown, subject: string) => void;
type Server = (message: unknown, subject: string) => Promise<unknown>;

/**
 * The bus of one process: passes values, not bytes, in a later microtask and in order. Nothing is copied, so whoever
 * changes a message breaks the port's contract.
 */
export function memoryBus(options: MemoryBusOptions): Bus {
  const listeners = subscriptionTable<Listener>();
  const servers = subscriptionTable<Server>();
  const open = new Set<(error: Error) => void>();
  let closed = false;

  function assertOpen(subject: string): void {
    if (closed) throw new BusClosedError(`cannot use ${subject}: the bus is closed`);
  }

  function deliver(entry: Entry<Listener>, message: unknown, subject: string): void {
    queueMicrotask(() => {
      if (!entry.live) return;
      try {
        entry.handler(message, subject);
      } catch (error) {
        options.onError(error, subject);
      }
    });
  }

  return {
    publish(subject, message) {
      assertOpen(subject);
      for (const entry of listeners.matching(subject)) deliver(entry, message, subject);
    },

    subscribe<M>(
      pattern: string,
      handler: (message: M, subject: string) => void,
      { queue }: { readonly queue?: string } = {},
    ): Subscription {
      assertOpen(pattern);
      return listeners.add(pattern, handler as Listener, queue);
    },

    request<Q, A>(subject: string, message: Q, { timeoutMs }: RequestOptions): Promise<A> {
      if (closed) return Promise.reject(new BusClosedError(`cannot ask ${subject}: the bus is closed`));
      const [server] = servers.matching(subject);
      if (server === undefined) return Promise.reject(new NobodyThereError(`nobody serves ${subject}`));
      return ask({ server, subject, message, timeoutMs, clock: options.clock, open }) as Promise<A>;
    },

    serve<Q, A>(
      subject: string,
      handler: (message: Q, subject: string) => Promise<A>,
      { queue }: { readonly queue?: string } = {},
    ): Subscription {
      assertOpen(subject);
      return servers.add(subject, handler as Server, queue);
    },

    close() {
      closed = true;
      listeners.clear();
      servers.clear();
      for (const reject of [...open]) reject(new BusClosedError("the bus was closed before the answer came"));
      return Promise.resolve();
    },
  };
}

interface Asking {
  readonly server: Entry<Server>;
  readonly subject: string;
  readonly message: unknown;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly open: Set<(error: Error) => void>;
}

function ask({ server, subject, message, timeoutMs, clock, open }: Asking): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = clock.after(timeoutMs, () => {
    settle(() => {
      reject(new RequestTimedOutError(`${subject} gave no answer within ${timeoutMs} ms`));
    });
  });
  const settle = (end: () => void): void => {
    timer.cancel();
    open.delete(reject);
    end();
  };
  open.add(reject);
  queueMicrotask(() => {
    void server.handler(message, subject).then(
      (answer) => {
        settle(() => {
          resolve(answer);
        });
      },
      (cause: unknown) => {
        settle(() => {
          reject(new RequestFailedError(`whoever serves ${subject} failed`, { cause }));
        });
      },
    );
  });
  return promise;
}
