import { setTimeout as delay } from "node:timers/promises";
import type { Operation } from "@heliograph/api";
import { ApiError, createClient, NoAnswerError, type Client } from "@heliograph/api/client";
import type { DeviceKey } from "@heliograph/protocol";
import { DeadlineError, within } from "./deadline.ts";
import { freshFetch } from "./fresh-fetch.ts";
import { markedCall, type MarkedMethod } from "./marked-call.ts";
import type { Supervisor } from "./supervisor.ts";

/** What a caller wants of a device; the mark is its idempotency key as well. */
export interface Wish {
  readonly device: DeviceKey;
  readonly method: MarkedMethod;
  readonly mark: string;
}

/** A wish, and what the caller was told of it. */
export interface Told extends Wish {
  /** Undefined as long as nobody accepted it. */
  readonly operation?: Operation;
  /** What does not fit together in what the caller was told. */
  readonly contradictions: readonly string[];
}

/** Seconds for which the server is asked to wait for an operation's end. */
const WAIT = 20;
/** So often is it asked to wait for one operation. */
const MOST_WAITS = 5;
/** Nothing tells when the way to an engine is open again: it is asked after this time, and so often. */
const AGAIN_MS = 250;
const MOST_PUT_OFF = 100;
const STILL_OPEN: ReadonlySet<string> = new Set(["queued", "running"]);

/** Asks for operations, asks again with the same idempotency key where no answer came, and keeps what it was told. */
export class Caller {
  readonly #supervisor: Supervisor;
  readonly #told = new Map<string, Told>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  get told(): readonly Told[] {
    return [...this.#told.values()];
  }

  /** Resolves once the wish is accepted. */
  async ask(wish: Wish): Promise<Operation> {
    return this.#post(wish, 0);
  }

  /** Resolves once the caller was told how it ended, or the server waited in vain for the end. */
  async askAndWait(wish: Wish): Promise<Operation> {
    return this.#post(wish, WAIT);
  }

  /** Resolves once the caller was told how it ended. Rejects where it ends only after minutes, or never. */
  async settle(wish: Wish): Promise<Operation> {
    for (let asked = 0; asked < MOST_WAITS; asked += 1) {
      const operation = await this.askAndWait(wish);
      if (!isOpen(operation)) return operation;
    }
    throw new DeadlineError(`waited ${MOST_WAITS} times for the end of ${wish.mark} in vain`);
  }

  /** Resolves once the caller was told how what it wished for with that mark ended. */
  async await(mark: string): Promise<Operation> {
    const known = this.#told.get(mark);
    if (known === undefined) throw new Error(`nobody wished for ${mark}`);
    return this.settle(known);
  }

  /** Looks at everything once more. */
  async lookAgain(): Promise<void> {
    const operations = await this.#everyOperation();
    for (const { operation, ...wish } of this.told) {
      if (operation === undefined) continue;
      const now = operations.get(operation.id);
      if (now === undefined) this.#contradict(wish, "it is no longer there");
      else this.#hear(wish, now);
    }
  }

  /** Asks until there is an answer, whatever it says; one that says that nothing was done and to ask again is none. */
  async insist<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    for (let least = 1, put = 0; ;) {
      const { number, northboundUrl: url, token } = await this.#supervisor.up(least);
      try {
        const asked = ask(createClient({ url, token, fetch: freshFetch }));
        return await within(asked, "an answer of the northbound");
      } catch (error) {
        if (error instanceof ApiError && error.reason === "no-engine" && put < MOST_PUT_OFF) {
          put += 1;
          await delay(AGAIN_MS);
        } else if (error instanceof NoAnswerError) least = number + 1;
        else throw error;
      }
    }
  }

  async #post(wish: Wish, wait: number): Promise<Operation> {
    const { device, method, mark } = wish;
    if (!this.#told.has(mark)) this.#told.set(mark, { ...wish, contradictions: [] });
    const request = { ...markedCall(method, mark), wait };
    const operation = await this.insist((client) =>
      client.operations.create(device, request, { idempotencyKey: mark }),
    );
    this.#hear(wish, operation);
    return operation;
  }

  async #everyOperation(): Promise<ReadonlyMap<string, Operation>> {
    const found = new Map<string, Operation>();
    for (let cursor: string | undefined; ;) {
      const query = { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) };
      const { items, next } = await this.insist((client) => client.operations.list(query));
      for (const operation of items) found.set(operation.id, operation);
      if (next === undefined) return found;
      cursor = next;
    }
  }

  #hear(wish: Wish, operation: Operation): void {
    const known = this.#told.get(wish.mark);
    this.#told.set(wish.mark, { ...wish, operation, contradictions: known?.contradictions ?? [] });
    const contradiction = contradictionOf(known?.operation, operation);
    if (contradiction !== undefined) this.#contradict(wish, contradiction);
  }

  #contradict({ mark }: Wish, contradiction: string): void {
    const known = this.#told.get(mark);
    if (known === undefined) return;
    this.#told.set(mark, { ...known, contradictions: [...known.contradictions, contradiction] });
  }
}

/** Whether it may still change. */
export function isOpen({ state }: Operation): boolean {
  return STILL_OPEN.has(state);
}

function contradictionOf(before: Operation | undefined, now: Operation): string | undefined {
  if (before === undefined) return undefined;
  if (before.id !== now.id) return `it was ${before.id} and is ${now.id}`;
  // The device has accepted to move a file, and has yet to say how that went.
  const mayChange = isOpen(before) || before.state === "transferring";
  if (mayChange || before.state === now.state) return undefined;
  return `it was told ${before.state}, later ${now.state}`;
}
