import { RequestError, TimeoutError, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import {
  asError,
  BusClosedError,
  NobodyThereError,
  RequestFailedError,
  RequestTimedOutError,
  type Clock,
} from "../ports/index.ts";
import type { NatsLink } from "./nats-link.ts";
import { isRepeatable } from "./repeatable.ts";

/** How many questions may wait for NATS to come back, and how long they may be together. */
const MAX_WAITING = 1_000;
const MAX_WAITING_BYTES = 64 * 2 ** 20;
/** NATS is back for us before it is for whoever is to be asked. */
const AGAIN_MS = 100;

export interface Question {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly timeoutMs: number;
  /** Its headers. */
  readonly said: MsgHdrs | undefined;
}

/** `lost`: NATS went away before the answer came; `nobody`: nobody serves the subject, so that nobody was asked. */
type Attempt =
  | { readonly type: "answered"; readonly answer: Msg }
  | { readonly type: "lost" }
  | { readonly type: "nobody" };

interface Waiter {
  readonly subject: string;
  readonly go: () => void;
  readonly giveUp: (error: Error) => void;
}

interface QuestionPorts {
  readonly link: NatsLink;
  readonly clock: Clock;
}

/**
 * Asks by NATS, and rides out that it is away for a short while: what was not asked yet waits for its return, and what may be
 * asked twice is.
 */
export class Questions {
  readonly #link: NatsLink;
  readonly #clock: Clock;
  readonly #asked = new Set<Waiter>();
  readonly #waiting = new Set<Waiter>();
  #waitingBytes = 0;
  #isClosed = false;

  constructor({ link, clock }: QuestionPorts) {
    this.#link = link;
    this.#clock = clock;
    link.listen({
      onAway: () => {
        for (const { go } of this.#asked) go();
      },
      onBack: () => {
        for (const { go } of this.#waiting) go();
      },
    });
  }

  /** As {@link Bus.request} says. */
  async ask(question: Question): Promise<Msg> {
    const { subject, timeoutMs } = question;
    const until = this.#clock.elapsed() + timeoutMs;
    let wasLost = false;
    for (;;) {
      const { obstacle } = this.#link;
      const why = obstacle === undefined ? undefined : await this.#untilReachable(question, until);
      if (this.#isClosed) throw closedError(subject);
      if (why !== undefined) throw wasLost ? lostError(subject) : new NobodyThereError(why);
      const attempt = await this.#attempt(question, until);
      switch (attempt.type) {
        case "answered":
          return attempt.answer;
        case "lost":
          if (!isRepeatable(subject)) throw lostError(subject);
          wasLost = true;
          break;
        case "nobody":
          if (this.#link.isSettling && (await this.#pause(question, AGAIN_MS))) break;
          throw wasLost ? lostError(subject) : new NobodyThereError(`nobody serves ${subject}`);
      }
      if (this.#clock.elapsed() >= until) throw lostError(subject);
    }
  }

  /** Rejects all that is open. */
  close(): void {
    this.#isClosed = true;
    for (const { subject, giveUp } of [...this.#asked, ...this.#waiting]) giveUp(closedError(subject));
  }

  /** Gives why nobody can be asked; undefined where somebody can. */
  async #untilReachable(question: Question, until: number): Promise<string | undefined> {
    for (;;) {
      const { obstacle, patienceMs } = this.#link;
      if (obstacle === undefined) return undefined;
      const ms = Math.min(patienceMs, until - this.#clock.elapsed());
      const why = `nobody was asked ${question.subject}: NATS is ${obstacle}`;
      if (obstacle === "behind" || ms <= 0) return why;
      if (!(await this.#pause(question, ms))) return `${why}, and too many wait for it already`;
    }
  }

  async #attempt({ subject, data, timeoutMs, said }: Question, until: number): Promise<Attempt> {
    const { promise, resolve, reject } = Promise.withResolvers<Attempt>();
    const asker: Waiter = { subject, go: () => resolve({ type: "lost" }), giveUp: reject };
    this.#asked.add(asker);
    this.#link.count(data.length);
    const timeout = Math.max(1, until - this.#clock.elapsed());
    const options = said === undefined ? { timeout } : { timeout, headers: said };
    this.#link.connection.request(subject, data, options).then(
      (answer) => resolve({ type: "answered", answer }),
      (error: unknown) => {
        if (isNobody(error)) resolve({ type: "nobody" });
        else reject(requestError(error, { subject, timeoutMs }));
      },
    );
    try {
      return await promise;
    } finally {
      this.#asked.delete(asker);
    }
  }

  /** Resolves after a while, or once NATS is back; false where too many wait already. */
  async #pause({ subject, data: { length } }: Question, ms: number): Promise<boolean> {
    const isFull = this.#waiting.size >= MAX_WAITING || this.#waitingBytes + length > MAX_WAITING_BYTES;
    if (isFull) return false;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = { subject, go: () => resolve(undefined), giveUp: reject };
    const timer = this.#clock.after(ms, waiter.go);
    this.#waiting.add(waiter);
    this.#waitingBytes += length;
    try {
      await promise;
      return true;
    } finally {
      timer.cancel();
      this.#waiting.delete(waiter);
      this.#waitingBytes -= length;
    }
  }
}

function closedError(subject: string): BusClosedError {
  return new BusClosedError(`cannot use ${subject}: the bus is closed`);
}

function lostError(subject: string): RequestTimedOutError {
  return new RequestTimedOutError(`NATS went away before ${subject} gave its answer`);
}

function isNobody(thrown: unknown): boolean {
  return thrown instanceof RequestError && thrown.isNoResponders();
}

function requestError(
  thrown: unknown,
  { subject, timeoutMs }: Pick<Question, "subject" | "timeoutMs">,
): Error {
  if (thrown instanceof TimeoutError) {
    return new RequestTimedOutError(`${subject} gave no answer within ${timeoutMs} ms`);
  }
  return new RequestFailedError(`${subject} could not be asked`, { cause: asError(thrown) });
}
