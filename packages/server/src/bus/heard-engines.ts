import {
  askedOf,
  engineId,
  NobodyThereError,
  RequestTimedOutError,
  subjects,
  watchEngines,
  type Bus,
  type Clock,
  type EngineId,
  type RequestOptions,
  type RequestSubject,
} from "../ports/index.ts";
import { isRepeatable } from "./repeatable.ts";
import { matches } from "./subscriptions.ts";

/** What any engine may be asked, and does or passes on. */
const ANY = [
  subjects.everyRpc,
  subjects.everyCancel,
  subjects.everyRotate,
  subjects.everyRelieve,
  subjects.acceptAll,
  subjects.announce,
  subjects.connect,
].map((pattern) => pattern.split("."));

/** What an engine passes on to the one whose device it is, and does itself where that one does not answer. */
const PASSED_ON = /^hg\.v1\.engine\.([^.]+)\.(?:device\.[^.]+\.rpc|passed-on)$/;

/**
 * The bus, on which what any engine may be asked goes to one of those that are heard: one that stands still is asked for a few
 * seconds more, and what it was asked in that time another one is asked, if it may be asked twice. What is passed on to an
 * engine that falls silent rejects then as if its time were over.
 */
export function askingHeardEngines(bus: Bus, clock: Clock): Bus {
  const asked = new AskedEngines(bus, clock);
  return {
    publish: (subject, message) => bus.publish(subject, message),
    request: (subject, message, options) => {
      if (isForAny(subject)) return asked.ask(subject, message, options);
      const [, owner] = PASSED_ON.exec(subject) ?? [];
      const ask = () => bus.request(subject, message, options);
      return owner === undefined ? ask() : asked.whileHeard(engineId(owner), ask);
    },
    subscribe: (pattern, handler, options) => bus.subscribe(pattern, handler, options),
    serve: (subject, handler, options) => bus.serve(subject, handler, options),
    onReturn: (listener) => bus.onReturn(listener),
    close() {
      asked.close();
      return bus.close();
    },
  };
}

function isForAny(subject: string): boolean {
  const tokens = subject.split(".");
  return ANY.some((pattern) => matches(pattern, tokens));
}

/** An engine was asked, and is heard no more. */
const GONE = Symbol("gone");

class AskedEngines {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #watch;
  /** Who waits for an answer of each. */
  readonly #waiting = new Map<EngineId, Set<() => void>>();
  #turn = 0;

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    this.#watch = watchEngines(
      { bus, clock },
      {
        joined: () => undefined,
        left: (engine) => {
          for (const tell of this.#waiting.get(engine) ?? []) tell();
        },
      },
    );
  }

  async ask<Q, A>(subject: RequestSubject<Q, A>, message: Q, options: RequestOptions): Promise<A> {
    const until = this.#clock.elapsed() + options.timeoutMs;
    for (;;) {
      const timeoutMs = until - this.#clock.elapsed();
      if (timeoutMs <= 0) throw new RequestTimedOutError(`nobody answered ${subject} in time`);
      const engine = this.#next();
      if (engine === undefined) return this.#bus.request(subject, message, { ...options, timeoutMs });
      try {
        const asked = this.#bus.request(askedOf(engine, subject), message, { ...options, timeoutMs });
        const answer = await (isRepeatable(subject) ? this.#answerOrGone(engine, asked) : asked);
        if (answer !== GONE) return answer;
      } catch (error) {
        if (!(error instanceof NobodyThereError)) throw error;
        return this.#bus.request(subject, message, { ...options, timeoutMs });
      }
    }
  }

  /** The answer. Rejects with {@link RequestTimedOutError} where the engine has left, or leaves before it gives one. */
  async whileHeard<A>(engine: EngineId, ask: () => Promise<A>): Promise<A> {
    const answer = this.#watch.isGone(engine) ? GONE : await this.#answerOrGone(engine, ask());
    if (answer === GONE) throw new RequestTimedOutError(`engine ${engine} is heard no more`);
    return answer;
  }

  close(): void {
    this.#watch.unsubscribe();
  }

  /** Each in its turn. */
  #next(): EngineId | undefined {
    const living = this.#watch.living();
    this.#turn += 1;
    return living[this.#turn % living.length];
  }

  /** The answer, or that the engine left before it gave one. */
  async #answerOrGone<A>(engine: EngineId, asked: Promise<A>): Promise<A | typeof GONE> {
    const gone = Promise.withResolvers<typeof GONE>();
    const tell = (): void => gone.resolve(GONE);
    const waiting = this.#waiting.get(engine) ?? new Set();
    this.#waiting.set(engine, waiting.add(tell));
    // What it says later is said to nobody.
    asked.catch(() => undefined);
    try {
      return await Promise.race([asked, gone.promise]);
    } finally {
      waiting.delete(tell);
      if (waiting.size === 0) this.#waiting.delete(engine);
    }
  }
}
