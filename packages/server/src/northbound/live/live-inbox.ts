import type { LiveSaid, LiveValues, LiveWay } from "./live-said.ts";

/** What waits to be told to one watcher: the newest of each kind and path, whatever it missed. */
export class LiveInbox {
  /** By the path they concern; "" where that is all. */
  readonly #ways = new Map<string, LiveWay>();
  #values: LiveValues | undefined;
  #news = Promise.withResolvers<unknown>();

  hear(said: LiveSaid): void {
    if (said.type === "way") this.#ways.set(said.path ?? "", said);
    else this.#values = said;
    this.#news.resolve(undefined);
  }

  /** What came since the last time. */
  take(): readonly LiveSaid[] {
    const taken = [...this.#ways.values(), this.#values].filter((said) => said !== undefined);
    this.#ways.clear();
    this.#values = undefined;
    this.#news = Promise.withResolvers();
    return taken;
  }

  /** Resolves as soon as something came that was not taken. */
  news(): Promise<unknown> {
    return this.#news.promise;
  }
}
