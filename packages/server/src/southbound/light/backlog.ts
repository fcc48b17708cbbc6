import type { Message, Said } from "./codec.ts";
import type { Transport } from "./transport.ts";

/** Who hears what a device says. */
export interface Hearer {
  readonly transport: Transport;
  /** Nothing is heard any more once it is not. */
  readonly isOpen: boolean;
  /** What a message says: read as far as it is asked for. */
  read(unread: Unread): Iterable<Said>;
  hear(said: Said): void;
  /** Has others go first. */
  giveWay(then: () => void): void;
}

/** A message, and how long it is. */
export interface Unread {
  readonly message: Message;
  readonly bytes: number;
}

/** So many frames in one turn take no longer than a few long messages do. */
const HEARD_IN_A_TURN = 32;

/** Hears what a message says, after the `backlog`; where that is more than is heard in one turn, gives what hears the rest. */
export function hearOut(unread: Unread, hearer: Hearer, backlog?: Backlog): Backlog | undefined {
  if (backlog?.add(unread) === true) return backlog;
  const rest = hearSome(hearer.read(unread)[Symbol.iterator](), hearer);
  return rest && new Backlog(rest, hearer);
}

/** What a device has said and nobody heard yet. Others have their turns in between, and nothing more is taken meanwhile. */
export class Backlog {
  readonly #hearer: Hearer;
  /** What was taken already. */
  readonly #unread: Unread[] = [];
  #rest: Iterator<Said> | undefined;
  #isHeard = false;
  #end: (() => void) | undefined;

  constructor(rest: Iterator<Said>, hearer: Hearer) {
    this.#hearer = hearer;
    this.#rest = rest;
    hearer.transport.pause();
    this.#giveWay();
  }

  /** False where there is no backlog any more. */
  add(unread: Unread): boolean {
    if (!this.#isHeard) this.#unread.push(unread);
    return !this.#isHeard;
  }

  /** Runs it once all is heard. */
  onceHeard(end: () => void): void {
    if (this.#isHeard) end();
    else this.#end = end;
  }

  #giveWay(): void {
    this.#hearer.giveWay(() => this.#goOn());
  }

  #goOn(): void {
    this.#rest ??= this.#next();
    if (this.#rest !== undefined && this.#hearer.isOpen) {
      this.#rest = hearSome(this.#rest, this.#hearer);
      this.#giveWay();
      return;
    }
    this.#isHeard = true;
    this.#hearer.transport.resume();
    this.#end?.();
  }

  #next(): Iterator<Said> | undefined {
    const unread = this.#unread.shift();
    return unread && this.#hearer.read(unread)[Symbol.iterator]();
  }
}

/** What is left after one turn; undefined where nothing is. */
function hearSome(sayings: Iterator<Said>, hearer: Hearer): Iterator<Said> | undefined {
  for (let heard = 0; heard < HEARD_IN_A_TURN; heard += 1) {
    const next = sayings.next();
    if (next.done === true) return undefined;
    hearer.hear(next.value);
    if (!hearer.isOpen) return undefined;
  }
  return sayings;
}
