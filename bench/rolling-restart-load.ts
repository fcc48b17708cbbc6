import { setTimeout as delay } from "node:timers/promises";
import type { Operation } from "@heliograph/api";
import { ApiError, NoAnswerError, type Client } from "@heliograph/api/client";
import { keyOf } from "./inform.ts";

/** What devices ran, by the marks of the calls. */
export class RunLedger {
  readonly #runs = new Map<string, number>();

  ran(mark: string): void {
    this.#runs.set(mark, this.runs(mark) + 1);
  }

  runs(mark: string): number {
    return this.#runs.get(mark) ?? 0;
  }
}

/** What became of what was accepted. */
export interface Reckoning {
  readonly accepted: number;
  readonly done: number;
  /** Ended, but not done. */
  readonly otherwise: number;
  /** Accepted, and not there any more, never ended, or done and never run. */
  readonly lost: number;
  /** Run more than once, and of those that must not be. */
  readonly twice: number;
}

interface Accepted {
  readonly mark: string;
  readonly method: Method;
}

const METHODS = ["GetParameterValues", "SetParameterValues", "AddObject"] as const;
type Method = (typeof METHODS)[number];

const MARKS = "Device.X_F0F0F0_Marks.";
const CALLERS = 4;
const PAUSE_MS = 50;
/** After such a time nothing that a device can run is still on its way. */
const LAST_WAIT_MS = 60_000;
const PAGE = 1_000;
const OPEN = ["queued", "running"] as const;

/** Callers that ask for one thing after the other of devices that chance picks, whatever becomes of the server. */
export class OperationLoad {
  readonly #client: Client;
  readonly #devices: number;
  readonly #accepted = new Map<string, Accepted>();
  readonly #callers: Promise<unknown>;
  #isOver = false;

  constructor(client: Client, devices: number) {
    this.#client = client;
    this.#devices = devices;
    const numbers = Array.from({ length: CALLERS }, (_, number) => number);
    this.#callers = Promise.all(numbers.map((number) => this.#call(number)));
    this.#callers.catch(() => undefined);
  }

  /** Resolves once nothing more is asked for, and what was accepted has ended or will not. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#callers;
    for (let waited = 0; waited < LAST_WAIT_MS; waited += 1_000) {
      const open = OPEN.map((state) => this.#client.operations.list({ state, limit: 1 }));
      if ((await Promise.all(open)).every(({ items }) => items.length === 0)) return;
      await delay(1_000);
    }
  }

  /** Compares what was accepted with what the ACS says of it, and with what devices ran. */
  async reckon(ledger: RunLedger): Promise<Reckoning> {
    const known = await this.#operations();
    const reckoned = [...this.#accepted].map(([id, { mark, method }]) => {
      const state = known.get(id)?.state;
      const runs = ledger.runs(mark);
      const isOpen = OPEN.some((open) => open === state);
      return {
        isDone: state === "done",
        isLost: state === undefined || isOpen || (state === "done" && runs === 0),
        isTwice: method === "AddObject" && runs > 1,
      };
    });
    const done = reckoned.filter(({ isDone }) => isDone).length;
    const lost = reckoned.filter(({ isLost }) => isLost).length;
    return {
      accepted: reckoned.length,
      done,
      otherwise: reckoned.filter(({ isDone, isLost }) => !isDone && !isLost).length,
      lost,
      twice: reckoned.filter(({ isTwice }) => isTwice).length,
    };
  }

  async #call(caller: number): Promise<void> {
    for (let count = 0; !this.#isOver; count += 1) {
      const mark = `${caller}-${count}`;
      const method = METHODS[count % METHODS.length] ?? METHODS[0];
      const device = keyOf(Math.floor(Math.random() * this.#devices));
      const operation = await this.#insist(device, method, mark);
      this.#accepted.set(operation.id, { mark: markOf(method, mark), method });
      await delay(PAUSE_MS);
    }
  }

  /** Asks until it is accepted; the same key makes it the same operation, however often it is asked for. */
  async #insist(device: string, method: Method, mark: string): Promise<Operation> {
    for (;;) {
      try {
        return await this.#client.operations.create(device, callOf(method, mark), { idempotencyKey: mark });
      } catch (error) {
        const isPassing =
          error instanceof NoAnswerError || (error instanceof ApiError && error.status >= 429);
        if (!isPassing) throw error;
        await delay(PAUSE_MS);
      }
    }
  }

  async #operations(): Promise<ReadonlyMap<string, Operation>> {
    const found = new Map<string, Operation>();
    for (let cursor: string | undefined; ;) {
      const query = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
      const { items, next } = await this.#client.operations.list(query);
      for (const operation of items) found.set(operation.id, operation);
      if (next === undefined) return found;
      cursor = next;
    }
  }
}

function markOf(method: Method, mark: string): string {
  return method === "GetParameterValues" ? `${MARKS}${mark}` : mark;
}

function callOf(method: Method, mark: string) {
  switch (method) {
    case "GetParameterValues":
      return { method, params: { ParameterNames: [markOf(method, mark)] } };
    case "SetParameterValues":
      return { method, params: { ParameterList: { [MARKS]: { Last: mark } }, ParameterKey: mark } };
    case "AddObject":
      return { method, params: { ObjectName: "Device.NAT.PortMapping.", ParameterKey: mark } };
  }
}
