import type { Address } from "../listener.ts";

const MOST = 100_000;

/** When devices last kept their way through a NAT open; where there are too many, the oldest are forgotten. */
export class SeenBindings {
  readonly #most: number;
  readonly #seen = new Map<string, number>();

  constructor(most = MOST) {
    this.#most = most;
  }

  note(at: Address, now: number): void {
    const name = nameOf(at);
    this.#seen.delete(name);
    this.#seen.set(name, now);
    if (this.#seen.size <= this.#most) return;
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  lastAt(at: Address): number | undefined {
    return this.#seen.get(nameOf(at));
  }
}

function nameOf({ host, port }: Address): string {
  return `${host} ${port}`;
}
