import { setImmediate as nextTurn } from "node:timers/promises";
import { StoreBusyError } from "../ports/index.ts";

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

/** Gathers what waits while a commit is on its way, and commits it together as soon as that one has ended. No timer. */
export class GroupCommit<Q, A> {
  readonly #options: GroupCommitOptions<Q, A>;
  #waiting: Waiting<Q, A>[] = [];
  #waitingChars = 0;
  #running: Promise<void> | undefined;

  constructor(options: GroupCommitOptions<Q, A>) {
    this.#options = options;
  }

  /** How many items wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves once the commit that took the item has ended. Rejects with {@link StoreBusyError} where too much waits. */
  add(item: Q): Promise<A> {
    const { waiting, charsOf } = this.#options;
    if (this.#waiting.length >= waiting.items || this.#waitingChars >= waiting.chars) {
      return Promise.reject(new StoreBusyError(`${this.#waiting.length} changes wait for the store already`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    const chars = charsOf(item);
    this.#waiting.push({ item, chars, resolve, reject });
    this.#waitingChars += chars;
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves once nothing waits any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn of the event loop, for whatever connections it serves, goes with the first.
    await nextTurn();
    while (this.#waiting.length > 0) await this.#commit(this.#takeBatch());
    this.#running = undefined;
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
    return this.#waiting.splice(0, length);
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
