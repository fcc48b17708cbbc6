import type { Subscription } from "../ports/bus.ts";

export interface Entry<H> {
  readonly handler: H;
  readonly queue: string | undefined;
  /** False once unsubscribed: what is on its way is dropped. */
  live: boolean;
}

/** Who listens where: finds the handlers of a subject, one of each queue group in turn. */
export interface SubscriptionTable<H> {
  add(pattern: string, handler: H, queue: string | undefined): Subscription;
  matching(subject: string): readonly Entry<H>[];
  clear(): void;
}

export function subscriptionTable<H>(): SubscriptionTable<H> {
  const exact = new Map<string, Set<Entry<H>>>();
  const wild = new Map<string, Set<Entry<H>>>();
  let turn = 0;

  return {
    add(pattern, handler, queue) {
      const entry: Entry<H> = { handler, queue, live: true };
      const table = isWild(pattern) ? wild : exact;
      const entries = table.get(pattern) ?? new Set();
      table.set(pattern, entries.add(entry));
      return {
        unsubscribe() {
          entry.live = false;
          entries.delete(entry);
          if (entries.size === 0 && table.get(pattern) === entries) table.delete(pattern);
        },
      };
    },

    matching(subject) {
      const found = [...(exact.get(subject) ?? [])];
      for (const [pattern, entries] of wild) {
        if (matches(pattern, subject)) found.push(...entries);
      }
      turn += 1;
      return onePerQueue(found, turn);
    },

    clear() {
      for (const entries of [...exact.values(), ...wild.values()]) {
        for (const entry of entries) entry.live = false;
      }
      exact.clear();
      wild.clear();
    },
  };
}

/** `*` stands for one token, a last `>` for one or more. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">" && index === wanted.length - 1) return tokens.length > index;
    if (token !== "*" && token !== tokens[index]) return false;
    if (tokens[index] === undefined) return false;
  }
  return wanted.length === tokens.length;
}

function isWild(pattern: string): boolean {
  return pattern.split(".").some((token) => token === "*" || token === ">");
}

function onePerQueue<H>(entries: readonly Entry<H>[], turn: number): readonly Entry<H>[] {
  if (entries.every((entry) => entry.queue === undefined)) return entries;
  const groups = new Map<string, Entry<H>[]>();
  const alone: Entry<H>[] = [];
  for (const entry of entries) {
    if (entry.queue === undefined) alone.push(entry);
    else groups.set(entry.queue, [...(groups.get(entry.queue) ?? []), entry]);
  }
  for (const group of groups.values()) {
    const chosen = group[turn % group.length];
    if (chosen !== undefined) alone.push(chosen);
  }
  return alone;
}
