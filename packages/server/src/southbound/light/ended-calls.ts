import type { CallId, CallOutcome, Clock, Timer } from "../../ports/index.ts";

/** Longer than an engine asks for a call that it has heard nothing of, and than it takes until it hears. */
const OUTCOME_MS = 30_000;
/** No question is on its way for longer: the bus gives up whoever is silent before. */
const ID_MS = 120_000;
/** Beyond them the oldest are forgotten, and for a while nobody knows which. */
const MOST = 256;

interface Ended {
  readonly at: number;
  /** Undefined once it is too long ago. */
  readonly outcome: CallOutcome | undefined;
}

/** How the last calls of a connection ended, for an engine that was not reached by it. */
export class EndedCalls {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #ended = new Map<CallId, Ended>();
  #timer: Timer | undefined;
  /** Until when a call may be asked for that is not among them any more. */
  #dimUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(id: CallId, outcome: CallOutcome): void {
    const now = this.#clock.elapsed();
    this.#ended.set(id, { outcome, at: now });
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined && this.#ended.size > MOST) {
      this.#ended.delete(oldest);
      this.#dimUntil = now + ID_MS;
    }
    this.#timer ??= this.#clock.after(OUTCOME_MS, () => this.#forget());
  }

  /** How it ended; `unknown` where it may have, and nobody knows any more; undefined where it has not. */
  find(id: CallId): CallOutcome | "unknown" | undefined {
    const ended = this.#ended.get(id);
    if (ended !== undefined) return ended.outcome ?? "unknown";
    return this.#clock.elapsed() < this.#dimUntil ? "unknown" : undefined;
  }

  /** Of a connection that is over nobody asks any more. */
  close(): void {
    this.#ended.clear();
    this.#timer?.cancel();
  }

  #forget(): void {
    const now = this.#clock.elapsed();
    for (const [id, { at, outcome }] of this.#ended) {
      if (now - at >= ID_MS) this.#ended.delete(id);
      else if (now - at >= OUTCOME_MS && outcome !== undefined)
        this.#ended.set(id, { at, outcome: undefined });
    }
    this.#timer = this.#ended.size === 0 ? undefined : this.#clock.after(OUTCOME_MS, () => this.#forget());
  }
}
