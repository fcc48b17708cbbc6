import { asError, subjects } from "../ports/index.ts";
import type { Bus, Clock, Log, Publication, Store, Subscription, Timer } from "../ports/index.ts";

export interface FeedPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

const BATCH = 100;
/** The hint may be lost; nobody waits longer than this for what was published. */
const POLL_MS = 1_000;

/**
 * What is published from now on, on whatever channel, in order and once. The bus says when there is something; what it is
 * is read from the store.
 */
export class PublicationFeed {
  readonly #ports: FeedPorts;
  readonly #hear: (publication: Publication) => void;
  readonly #hints: Subscription;
  #timer: Timer | undefined;
  #position: number | undefined;
  #reading: Promise<void> | undefined;
  #isAsked = false;
  #isClosed = false;

  constructor(ports: FeedPorts, hear: (publication: Publication) => void) {
    this.#ports = ports;
    this.#hear = hear;
    this.#hints = ports.bus.subscribe(subjects.everyPublished, () => {
      this.#read();
    });
    this.#poll();
  }

  /** Nothing is heard any more once this returned. */
  close(): void {
    this.#isClosed = true;
    this.#hints.unsubscribe();
    this.#timer?.cancel();
  }

  #poll(): void {
    this.#read();
    this.#timer = this.#ports.clock.after(POLL_MS, () => {
      this.#poll();
    });
  }

  #read(): void {
    this.#isAsked = true;
    this.#reading ??= this.#readWhileAsked()
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#ports.log.error("publications wait to be told", { error: asError(error) });
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #readWhileAsked(): Promise<void> {
    while (this.#isAsked && !this.#isClosed) {
      this.#isAsked = false;
      const after = (this.#position ??= await this.#ports.store.lastPublication());
      const publications = await this.#ports.store.newPublications({ after, limit: BATCH });
      for (const publication of publications) this.#tell(publication);
      if (publications.length === BATCH) this.#isAsked = true;
    }
  }

  #tell(publication: Publication): void {
    this.#position = publication.sequence;
    if (!this.#isClosed) this.#hear(publication);
  }
}
