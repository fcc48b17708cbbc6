import { StoreClosedError, type Store } from "../ports/index.ts";
import type { OpenStore, StoreUnderTest } from "../ports/store-suite/store.fixture.ts";

export type OpenOptions = NonNullable<Parameters<OpenStore>[0]>;

export interface EmptiableStore extends StoreUnderTest {
  /** Leaves the tables as the migrations made them. */
  empty(): void | Promise<void>;
}

/**
 * Fresh stores for many tests, one after another. To open one takes long, to empty one takes a commit: so a store that its
 * test left open is emptied and used again.
 */
export class StorePool {
  readonly #openNew: (options?: OpenOptions) => Promise<EmptiableStore>;
  #idle: EmptiableStore | undefined;

  constructor(openNew: (options?: OpenOptions) => Promise<EmptiableStore>) {
    this.#openNew = openNew;
  }

  readonly open: OpenStore = async (options) => {
    const opened = options === undefined ? await this.#take() : await this.#openNew(options);
    return {
      store: opened.store,
      reopen: () => opened.reopen(),
      remove: () => (options === undefined ? this.#giveBack(opened) : opened.remove()),
    };
  };

  async close(): Promise<void> {
    await this.#idle?.remove();
  }

  async #take(): Promise<EmptiableStore> {
    const idle = this.#idle;
    this.#idle = undefined;
    return idle ?? this.#openNew();
  }

  async #giveBack(opened: EmptiableStore): Promise<void> {
    if (await isClosed(opened.store)) {
      await opened.remove();
      return;
    }
    await opened.empty();
    this.#idle = opened;
  }
}

async function isClosed(store: Store): Promise<boolean> {
  try {
    await store.lastEventId();
    return false;
  } catch (error) {
    if (error instanceof StoreClosedError) return true;
    throw error;
  }
}
