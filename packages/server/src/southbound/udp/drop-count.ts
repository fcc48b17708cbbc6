import type { Clock, Log } from "../../ports/index.ts";

const LINE_EVERY_MS = 60_000;

/** Counts what came in vain, and says so in one line a minute at most. */
export class DropCount {
  readonly #what: string;
  readonly #ports: { readonly clock: Clock; readonly log: Log };
  readonly #counts = new Map<string, number>();
  #nextLineAt = 0;

  constructor(what: string, ports: { readonly clock: Clock; readonly log: Log }) {
    this.#what = what;
    this.#ports = ports;
  }

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const now = this.#ports.clock.elapsed();
    if (now < this.#nextLineAt) return;
    this.#nextLineAt = now + LINE_EVERY_MS;
    this.#ports.log.warn(this.#what, Object.fromEntries(this.#counts));
    this.#counts.clear();
  }
}
