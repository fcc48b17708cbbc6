import { setImmediate as nextTurn } from "node:timers/promises";
import { StoreBusyError, type Urgency } from "../ports/index.ts";

export interface GroupCommitOptions<Q, A> {
  /** Commits a batch and gives an answer to each of its items, in their order; rejects where none was committed. */
  readonly commit: (batch: readonly Q[]) => Promise<readonly A[]>;
  /** How much of `chars` an item takes. */
  readonly charsOf: (item: Q) => number;
  /** The most that goes in one commit; an item that is larger by itself goes alone. */
  readonly batch: Bound;
  /** The most that may wait, what is being committed not counted. */
  readonly waiting: Bound;
}

export interface Bound {
  readonly items: number;
  readonly chars: number;
}

interface Waiting<Q, A> {
  readonly item: Q;
  readonly chars: number;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/** How long what is in no hurry is gathered: no device feels it, and a busy server makes few commits of many heartbeats. */
const GATHER_MS = 20;

/**
 * Gathers what waits while a commit is on its way, and commits it together as soon as that one has ended. Only where nothing
 * that waits is in a hurry, it waits a moment for more.
 */
export class GroupCommit<Q, A> {
  readonly #options: GroupCommitOptions<Q, A>;
  #waiting: Waiting<Q, A>[] = [];
  #waitingChars = 0;
  #isUrgent = false;
  /** Ends the moment in which more is waited for, where there is one. */
  #hurry: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: GroupCommitOptions<Q, A>) {
    this.#options = options;
  }

  /** How many items wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves once the commit that took the item has ended. Rejects with {@link StoreBusyError} where too much waits. */
  add(item: Q, urgency: Urgency = "now"): Promise<A> {
    const { waiting, batch, charsOf } = this.#options;
    if (this.#waiting.length >= waiting.items || this.#waitingChars >= waiting.chars) {
      return Promise.reject(new StoreBusyError(`${this.#waiting.length} changes wait for the store already`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    const chars = charsOf(item);
    this.#waiting.push({ item, chars, resolve, reject });
    this.#waitingChars += chars;
    const isEnough = this.#waiting.length >= batch.items || this.#waitingChars >= batch.chars;
    if (urgency === "now" || isEnough) this.#makeUrgent();
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves once nothing waits any more. */
  async drained(): Promise<void> {
    this.#makeUrgent();
    await this.#running;
  }

  #makeUrgent(): void {
    this.#isUrgent = true;
    this.#hurry?.();
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn of the event loop, for whatever connections it serves, goes with the first.
    await nextTurn();
    while (this.#waiting.length > 0) {
      if (!this.#isUrgent) await this.#gather();
      await this.#commit(this.#takeBatch());
    }
    this.#running = undefined;
  }

  async #gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const over = (): void => {
      resolve(undefined);
    };
    const timer = setTimeout(over, GATHER_MS);
    this.#hurry = over;
    await promise;
    clearTimeout(timer);
    this.#hurry = undefined;
  }

  #takeBatch(): readonly Waiting<Q, A>[] {
    const { items, chars } = this.#options.batch;
    let taken = 0;
    let length = 0;
    for (const waiting of this.#waiting) {
      if (length > 0 && (length === items || taken + waiting.chars > chars)) break;
      taken += waiting.chars;
      length += 1;
    }
    this.#waitingChars -= taken;
    const batch = this.#waiting.splice(0, length);
    // Whoever is left behind has waited for a whole commit.
    this.#isUrgent = this.#waiting.length > 0;
    return batch;
  }

  async #commit(batch: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#options.commit(batch.map(({ item }) => item));
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
