import {
  asError,
  quirkBook,
  subjects,
  type Bus,
  type Clock,
  type Log,
  type QuirkBook,
  type Store,
} from "../ports/index.ts";

/** A hint may be lost; nobody goes by what is older than this. */
const REREAD_MS = 10_000;

interface BookPorts {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

export interface StoredQuirkBook extends QuirkBook {
  close(): void;
}

/** What the store knows of models, held in memory: read at once, when somebody says that it changed or may have, and every 10 s. */
export async function openQuirkBook({ store, bus, clock, log }: BookPorts): Promise<StoredQuirkBook> {
  let book = quirkBook(await store.modelQuirks());
  let reading: Promise<void> | undefined;
  let isStale = false;
  const read = async (): Promise<void> => {
    while (isStale) {
      isStale = false;
      book = quirkBook(await store.modelQuirks());
    }
  };
  const reread = (): void => {
    isStale = true;
    reading ??= read()
      .catch((error: unknown) => {
        log.warn("the quirks of models could not be read", { error: asError(error) });
      })
      .finally(() => {
        reading = undefined;
      });
  };
  const again = (): void => {
    reread();
    timer = clock.after(REREAD_MS, again);
  };
  let timer = clock.after(REREAD_MS, again);
  const hints = [bus.subscribe(subjects.everyConfigChanged, reread), bus.onReturn(reread)];
  return {
    get models() {
      return book.models;
    },
    of: (device) => book.of(device),
    explain: (device) => book.explain(device),
    close() {
      timer.cancel();
      for (const hint of hints) hint.unsubscribe();
    },
  };
}
