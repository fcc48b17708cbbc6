import { StoreBusyError } from "../ports/index.ts";

export interface GroupCommitOptions<Q, A> {
  /** Commits a batch and gives an answer to each of its items, in their order; rejects where none was committed. */
  readonly commit: (batch: readonly Q[]) => Promise<readonly A[]>;
  readonly maxBatch: number;
  readonly maxWaiting: number;
}

interface Waiting<Q, A> {
  readonly item: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers what waits while a commit is on its way, and commits it together as soon as that one has ended. No timer. */
export class GroupCommit<Q, A> {
  readonly #options: GroupCommitOptions<Q, A>;
  #waiting: Waiting<Q, A>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: GroupCommitOptions<Q, A>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves once the commit that took the item has ended. Rejects with {@link StoreBusyError} where too many wait. */
  add(item: Q): Promise<A> {
    const { maxWaiting } = this.#options;
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(new StoreBusyError(`${maxWaiting} changes wait for the store already`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    this.#waiting.push({ item, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves once nothing waits any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn goes with the first.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#options.maxBatch);
      this.#waiting = this.#waiting.slice(batch.length);
      await this.#commit(batch);
    }
    this.#running = undefined;
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
