import type { Subscription } from "../ports/bus.ts";

export interface Entry<H> {
  readonly handler: H;
  readonly queue: string | undefined;
  /** False once unsubscribed: what is on its way is dropped. */
  live: boolean;
}

/** Who listens where: finds the handlers of a subject, one of each queue group in turn. */
export class SubscriptionTable<H> {
  readonly #exact = new Map<string, Set<Entry<H>>>();
  readonly #wild = new Map<string, Set<Entry<H>>>();
  #turn = 0;

  add(pattern: string, handler: H, queue: string | undefined): Subscription {
    const entry: Entry<H> = { handler, queue, live: true };
    const table = isWild(pattern) ? this.#wild : this.#exact;
    const entries = table.get(pattern) ?? new Set();
    table.set(pattern, entries.add(entry));
    return {
      unsubscribe() {
        entry.live = false;
        entries.delete(entry);
        if (entries.size === 0 && table.get(pattern) === entries) table.delete(pattern);
      },
    };
  }

  matching(subject: string): readonly Entry<H>[] {
    const found = [...(this.#exact.get(subject) ?? [])];
    for (const [pattern, entries] of this.#wild) {
      if (matches(pattern, subject)) found.push(...entries);
    }
    this.#turn += 1;
    return onePerQueue(found, this.#turn);
  }

  clear(): void {
    for (const entries of [...this.#exact.values(), ...this.#wild.values()]) {
      for (const entry of entries) entry.live = false;
    }
    this.#exact.clear();
    this.#wild.clear();
  }
}

/** `*` stands for one token, a last `>` for one or more. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">" && index === wanted.length - 1) return tokens.length > index;
    if (tokens[index] === undefined || (token !== "*" && token !== tokens[index])) return false;
  }
  return wanted.length === tokens.length;
}

function isWild(pattern: string): boolean {
  return pattern.split(".").some((token) => token === "*" || token === ">");
}

function onePerQueue<H>(entries: readonly Entry<H>[], turn: number): readonly Entry<H>[] {
  if (entries.every((entry) => entry.queue === undefined)) return entries;
  const chosen: Entry<H>[] = [];
  const groups = Map.groupBy(entries, (entry) => entry.queue);
  for (const [queue, group] of groups) {
    const one = group[turn % group.length];
    if (queue === undefined) chosen.push(...group);
    else if (one !== undefined) chosen.push(one);
  }
  return chosen;
}
