import {
  StoreClosedError,
  type ChangeOf,
  type ChangeType,
  type Log,
  type ResultOf,
  type Store,
  type Urgency,
} from "../ports/index.ts";
import type { Settled } from "./batch.ts";
import { readDocument, type Document } from "./document.ts";
import { errorOf, type Failure } from "./failure.ts";
import { GroupCommit } from "./group-commit.ts";
import { measured, type Measured } from "./measured-commit.ts";
import type { StoreFigures } from "./store-figures.ts";
import { RecordReads } from "./record-reads.ts";
import { writeChange, type AskedChange } from "./written-change.ts";

/** How a batch ended, and whether it stored events. */
export interface Committed {
  readonly settled: readonly Settled[];
  readonly storedEvents: boolean;
}

export interface RecordStoreOptions extends Measured {
  readonly maxWaiting: number;
  readonly log?: Log;
}

/** Changes wait as JSON; a large lesson about a device's whole data model takes about a million characters. */
const MAX_WAITING_CHARS = 64 * 1024 * 1024;
/** Enough to make the sync's share of a change small, few enough for a commit to stay short. */
const BATCH = { items: 500, chars: 4 * 1024 * 1024 };

/** What all stores have in common: what they keep, what is asked of it, and changes that share their commit. */
export abstract class RecordStore extends RecordReads implements Store {
  readonly #commits: GroupCommit<AskedChange, Settled>;
  readonly #listeners = new Set<() => void>();
  readonly #log: Log | undefined;
  #refusal: string | undefined;
  #closing: Promise<void> | undefined;
  #counted = { commits: 0, changes: 0 };

  constructor({ maxWaiting, log, metrics }: RecordStoreOptions) {
    super();
    this.#log = log;
    this.#commits = new GroupCommit({
      commit: measured((changes) => this.#commitBatch(changes), metrics),
      charsOf: ({ change, parameters = "" }) => change.length + parameters.length,
      batch: BATCH,
      waiting: { items: maxWaiting, chars: MAX_WAITING_CHARS },
    });
  }

  get figures(): StoreFigures {
    return { ...this.#counted, waiting: this.#commits.waiting };
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  async commit<T extends ChangeType>(type: T, change: ChangeOf<T>, urgency?: Urgency): Promise<ResultOf<T>> {
    this.assertOpen();
    try {
      const settled = await this.#commits.add(writeChange(type, change), urgency);
      if ("failure" in settled) throw errorOf(settled.failure);
      return readDocument(settled.result as Document<ResultOf<T>>);
    } finally {
      this.changed(type, change);
    }
  }

  onEvents(listener: () => void): { unsubscribe(): void } {
    // A listener that is given twice is told twice.
    const own = (): void => {
      listener();
    };
    this.#listeners.add(own);
    return { unsubscribe: () => this.#listeners.delete(own) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** A change was made, or may have been; whoever asked for it has yet to hear. */
  protected abstract changed<T extends ChangeType>(type: T, change: ChangeOf<T>): void;

  /** Makes the changes in order and resolves once they are on disk. */
  protected abstract commitBatch(changes: readonly AskedChange[]): Promise<Committed>;

  /** Lets go of the database; nothing waits any more. */
  protected abstract release(): Promise<void>;

  protected assertOpen(): void {
    if (this.#closing !== undefined) throw new StoreClosedError("the store is closed");
  }

  async #close(): Promise<void> {
    await this.#commits.drained();
    this.#listeners.clear();
    await this.release();
  }

  async #commitBatch(changes: readonly AskedChange[]): Promise<readonly Settled[]> {
    const { settled, storedEvents } = await this.commitBatch(changes);
    this.#counted = {
      commits: this.#counted.commits + 1,
      changes: this.#counted.changes + changes.length,
    };
    this.#noteRefusal(settled);
    if (storedEvents) queueMicrotask(() => this.#listeners.forEach((listener) => listener()));
    return settled;
  }

  #noteRefusal(settled: readonly Settled[]): void {
    const failures = settled.flatMap((each) => ("failure" in each ? [each.failure] : []));
    const refused = failures.find(isRefusal);
    const refusal = refused === undefined ? undefined : errorOf(refused).message;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    if (refusal === undefined) this.#log?.info("the store takes changes again");
    else this.#log?.error(refusal);
  }
}

/** Whether no change would be made now, whatever it is. */
function isRefusal({ kind }: Failure): boolean {
  return kind === "full" || kind === "unwritable" || kind === "unreachable";
}
