import type { Brand } from "@heliograph/protocol";

/** Where messages go: tokens joined by dots, `hg.v1.device.<key>.rpc`. Its type parameter is what it carries. */
export type Subject<M> = Brand<string, "Subject"> & { readonly carries?: M };

/** A subject that is asked: what it is asked and what it answers. */
export type RequestSubject<Q, A> = Brand<string, "Subject"> & { readonly asks?: Q; readonly answers?: A };

/** A subject with wildcards: `*` stands for one token, a last `>` for one or more. */
export type SubjectPattern<M> = Brand<string, "SubjectPattern"> & { readonly carries?: M };

/**
 * What carries everything between the parts of the ACS and to other systems. Messages are plain JSON values, which may have
 * to travel as text: no `undefined`, no `NaN`, no bytes, dates or maps. Nobody may change one that was sent or received.
 */
export interface Bus {
  /**
   * Sends to everyone subscribed now; nobody is no error. Delivery is at most once; order is kept per publisher and
   * subject. What the bus cannot carry in a few seconds is lost, aloud; but of an event of the store it throws {@link BusAwayError},
   * and whoever relays it comes again. Throws {@link BusClosedError} after {@link close}.
   */
  publish<M>(subject: Subject<M>, message: M): void;

  /**
   * Calls `handler` for every message that matches, in order, not waiting for one before the next. Of the subscribers
   * that name the same queue group each message reaches exactly one. An error of the handler reaches `onError` of the
   * adapter and nobody else.
   */
  subscribe<M>(
    pattern: SubjectPattern<M>,
    handler: (message: M, subject: string) => void,
    options?: SubscribeOptions,
  ): Subscription;

  /**
   * Asks one of those who serve the subject. Rejects with {@link NobodyThereError} at once where nobody serves it, or the
   * bus is away for longer than a few seconds, so that nobody was asked, with {@link RequestTimedOutError} after
   * `timeoutMs` or once the bus is lost with an answer that cannot be asked for twice, with {@link RequestFailedError}
   * where the one who was asked failed, and with {@link BusClosedError} on {@link close}.
   */
  request<Q, A>(subject: RequestSubject<Q, A>, message: Q, options: RequestOptions): Promise<A>;

  /** Serves requests; of those in one queue group each request reaches exactly one. */
  serve<Q, A>(
    subject: RequestSubject<Q, A> | RequestPattern<Q, A>,
    handler: (message: Q, subject: string) => Promise<A>,
    options?: SubscribeOptions,
  ): Subscription;

  /**
   * Calls `listener` whenever the bus was lost and is back: what others published meanwhile may not have come, so that
   * whoever goes by hints reads in the store what became of it. A bus that cannot be lost never does.
   */
  onReturn(listener: () => void): Subscription;

  /** Ends all subscriptions and rejects all open requests. Closing twice is no error. */
  close(): Promise<void>;
}

export type RequestPattern<Q, A> = Brand<string, "SubjectPattern"> & {
  readonly asks?: Q;
  readonly answers?: A;
};

export interface SubscribeOptions {
  readonly queue?: string;
}

export interface RequestOptions {
  readonly timeoutMs: number;
}

export interface Subscription {
  /** Nothing is delivered once this returned. */
  unsubscribe(): void;
}

export class BusClosedError extends Error {
  override readonly name = "BusClosedError";
  readonly code = "E_BUS_CLOSED";
}

/** The adapter has lost its connection, or is too far behind, and tries to get over it. */
export class BusAwayError extends Error {
  override readonly name = "BusAwayError";
  readonly code = "E_BUS_AWAY";
}

export class NobodyThereError extends Error {
  override readonly name = "NobodyThereError";
  readonly code = "E_NOBODY_THERE";
}

export class RequestTimedOutError extends Error {
  override readonly name = "RequestTimedOutError";
  readonly code = "E_REQUEST_TIMED_OUT";
}

export class RequestFailedError extends Error {
  override readonly name = "RequestFailedError";
  readonly code = "E_REQUEST_FAILED";
}
