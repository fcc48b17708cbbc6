import type { Subscription } from "../ports/bus.ts";

export interface Entry<H> {
  readonly handler: H;
  readonly queue: string | undefined;
  /** False once unsubscribed: what is on its way is dropped. */
  live: boolean;
}

interface Pattern<H> {
  readonly tokens: readonly string[];
  /** What stands before its first wildcard. */
  readonly start: string;
  readonly entries: Set<Entry<H>>;
}

/** Subjects of which is remembered who listens; those of devices and operations have no end. */
const MOST_FOUND = 1_000;

/** Who listens where: finds the handlers of a subject, one of each queue group in turn. */
export class SubscriptionTable<H> {
  readonly #exact = new Map<string, Set<Entry<H>>>();
  readonly #wild = new Map<string, Pattern<H>>();
  /** What was found since somebody came or went, by the subject. */
  readonly #found = new Map<string, readonly Entry<H>[]>();
  #turn = 0;

  add(pattern: string, handler: H, queue: string | undefined): Subscription {
    const entry: Entry<H> = { handler, queue, live: true };
    const entries = this.#entriesOf(pattern).add(entry);
    this.#found.clear();
    return {
      unsubscribe: () => {
        entry.live = false;
        this.#found.clear();
        entries.delete(entry);
        if (entries.size > 0) return;
        if (this.#exact.get(pattern) === entries) this.#exact.delete(pattern);
        if (this.#wild.get(pattern)?.entries === entries) this.#wild.delete(pattern);
      },
    };
  }

  matching(subject: string): readonly Entry<H>[] {
    this.#turn += 1;
    return onePerQueue(this.#found.get(subject) ?? this.#find(subject), this.#turn);
  }

  clear(): void {
    const wild = [...this.#wild.values()].map(({ entries }) => entries);
    for (const entries of [...this.#exact.values(), ...wild]) {
      for (const entry of entries) entry.live = false;
    }
    this.#exact.clear();
    this.#wild.clear();
    this.#found.clear();
  }

  #find(subject: string): readonly Entry<H>[] {
    const found = [...(this.#exact.get(subject) ?? [])];
    for (const { start, tokens, entries } of this.#wild.values()) {
      // Most differ before their first wildcard, which shows sooner.
      if (subject.startsWith(start) && matches(tokens, subject.split("."))) found.push(...entries);
    }
    if (this.#found.size >= MOST_FOUND) this.#found.clear();
    this.#found.set(subject, found);
    return found;
  }

  #entriesOf(pattern: string): Set<Entry<H>> {
    const tokens = pattern.split(".");
    const known = this.#exact.get(pattern) ?? this.#wild.get(pattern)?.entries;
    const entries = known ?? new Set<Entry<H>>();
    const wildcard = tokens.findIndex((token) => token === "*" || token === ">");
    if (wildcard >= 0) this.#wild.set(pattern, { tokens, start: startOf(tokens, wildcard), entries });
    else this.#exact.set(pattern, entries);
    return entries;
  }
}

function startOf(tokens: readonly string[], length: number): string {
  return tokens
    .slice(0, length)
    .map((token) => `${token}.`)
    .join("");
}

/** `*` stands for one token, a last `>` for one or more. */
export function matches(wanted: readonly string[], tokens: readonly string[]): boolean {
  const last = wanted.length - 1;
  // By index: every message is compared with every pattern.
  for (let index = 0; index <= last; index += 1) {
    const token = wanted[index];
    if (token === ">" && index === last) return tokens.length > index;
    if (tokens[index] === undefined || (token !== "*" && token !== tokens[index])) return false;
  }
  return wanted.length === tokens.length;
}

function onePerQueue<H>(entries: readonly Entry<H>[], turn: number): readonly Entry<H>[] {
  if (entries.length === 1 || entries.every((entry) => entry.queue === undefined)) return entries;
  const chosen: Entry<H>[] = [];
  const groups = Map.groupBy(entries, (entry) => entry.queue);
  for (const [queue, group] of groups) {
    const one = group[turn % group.length];
    if (queue === undefined) chosen.push(...group);
    else if (one !== undefined) chosen.push(one);
  }
  return chosen;
}
