import { setTimeout as delay } from "node:timers/promises";
import type { Operation } from "@heliograph/api";
import { ApiError, NoAnswerError, type Client } from "@heliograph/api/client";
import type { SeededRandom } from "@heliograph/testkit";

/** What is asked of devices. `Call` may run any number of times, the others once at most, but for SetParameterValues. */
export const ASKED = ["GetParameterValues", "SetParameterValues", "AddObject", "Reboot", "Download"] as const;
export type Asked = (typeof ASKED)[number];

/** An operation that was accepted, written down at the moment of its 2xx. */
export interface Accepted {
  readonly id: string;
  readonly device: string;
  readonly method: Asked;
  readonly mark: string;
}

export interface LoadOptions {
  readonly client: Client;
  readonly devices: readonly string[];
  readonly random: SeededRandom;
  readonly callers: number;
  /** Milliseconds from one wish of a caller to the next. */
  readonly pauseMs: number;
  /** A file that devices download. */
  readonly file: string;
}

interface Insistence {
  /** Seconds that the answer of the device is waited for. */
  readonly wait?: number;
  readonly signal?: AbortSignal;
}

/** How long somebody waits for a device that is asked whether it is there. */
const PROBE_WAIT = 10;
const AGAIN_MS = 200;

/** Managers that want something of one device after the other, whatever becomes of the ACS, and what they were told. */
export class Load {
  readonly #options: LoadOptions;
  readonly #accepted = new Map<string, Accepted>();
  readonly #callers: Promise<unknown>;
  #refusals = 0;
  #probes = 0;
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    const callers = Array.from({ length: options.callers }, (_, caller) => this.#call(caller));
    this.#callers = Promise.all(callers);
    this.#callers.catch(() => undefined);
  }

  /** By their ids. */
  get accepted(): ReadonlyMap<string, Accepted> {
    return this.#accepted;
  }

  /** How often nobody answered, or could not answer then. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Resolves once nothing more is asked for. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#callers;
  }

  /** Resolves once the device has answered. Rejects with the signal's reason. */
  async reach(device: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      this.#probes += 1;
      const mark = `probe-${this.#probes}`;
      const wish = { device, method: "GetParameterValues", mark } as const;
      const operation = await this.#insist(wish, { wait: PROBE_WAIT, signal });
      if (await this.#hasAnswered(operation.id, signal)) return;
    }
  }

  async #hasAnswered(id: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const operation = await this.#again(() => this.#options.client.operations.get(id), signal);
      if (operation.ended !== undefined) return operation.state === "done";
      signal.throwIfAborted();
      await delay(AGAIN_MS);
    }
  }

  async #call(caller: number): Promise<void> {
    const { devices, random, pauseMs } = this.#options;
    for (let count = 0; !this.#isOver; count += 1) {
      const device = devices[random.integer(0, devices.length - 1)] ?? "";
      const method = ASKED[(caller + count) % ASKED.length] ?? "GetParameterValues";
      await this.#insist({ device, method, mark: `${caller}-${count}` });
      await delay(pauseMs);
    }
  }

  /** Asks until it is accepted; the same key makes it the same operation, however often it is asked for. */
  async #insist(wish: Omit<Accepted, "id">, { wait = 0, signal }: Insistence = {}): Promise<Operation> {
    const operation = await this.#again(() => this.#ask(wish, wait), signal);
    this.#accepted.set(operation.id, { ...wish, id: operation.id });
    return operation;
  }

  async #ask({ device, method, mark }: Omit<Accepted, "id">, wait: number): Promise<Operation> {
    const { operations } = this.#options.client;
    const options = { idempotencyKey: mark };
    if (method === "Download") {
      return operations.download(device, { file: this.#options.file, commandKey: mark }, options);
    }
    return operations.create(device, { method, params: paramsOf(method, mark), wait }, options);
  }

  async #again<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.#refusals += 1;
        signal?.throwIfAborted();
        await delay(AGAIN_MS);
      }
    }
  }
}

/** Whether asking again may go better. */
export function isPassing(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429);
}

function paramsOf(method: Exclude<Asked, "Download">, mark: string) {
  switch (method) {
    case "GetParameterValues":
      return { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] };
    case "SetParameterValues":
      return { ParameterList: { "Device.X_F0F0F0_Marks.": { Last: mark } }, ParameterKey: mark };
    case "AddObject":
      return { ObjectName: "Device.NAT.PortMapping.", ParameterKey: mark };
    case "Reboot":
      return { CommandKey: mark };
  }
}
