import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@heliograph/api/client";
import { WebSocket } from "ws";
import { within } from "../deadline.ts";
import { inTurn, type Addresses } from "./roaming.ts";

/** Somebody who watches, and when they last saw what was new then. */
export interface Watcher extends AsyncDisposable {
  readonly name: string;
  /** Milliseconds since 1970 of the newest thing it was told, by the clock of who told it. */
  readonly freshAt: number;
}

/** Somebody who follows all events from the first one on, and writes down their ids. */
export class EventWatcher implements Watcher {
  readonly name = "events";
  /** In the order in which they came. */
  readonly ids: number[] = [];
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #freshAt = 0;
  #losses = 0;

  constructor(client: Client) {
    this.#watching = this.#watch(client);
  }

  get freshAt(): number {
    return this.#freshAt;
  }

  /** How often its stream broke off. */
  get losses(): number {
    return this.#losses;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(client: Client): Promise<void> {
    const onLost = (): void => {
      this.#losses += 1;
    };
    await ending(async () => {
      for await (const event of client.events({ after: 0, signal: this.#stop.signal, onLost })) {
        this.ids.push(event.id);
        this.#freshAt = Date.parse(event.at);
      }
    }, this.#stop.signal);
  }
}

/** Somebody who looks at a value of a device as it is. */
export class LiveWatcher implements Watcher {
  readonly name = "values";
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #freshAt = 0;

  constructor(client: Client, { device, path }: { readonly device: string; readonly path: string }) {
    this.#watching = ending(async () => {
      const live = client.live(device, [path], { changes: true, signal: this.#stop.signal });
      for await (const message of live) if (message.type === "values") this.#freshAt = Date.parse(message.at);
    }, this.#stop.signal);
  }

  get freshAt(): number {
    return this.#freshAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }
}

export interface ManagerOptions {
  /** `host:port` of each process that takes managers. */
  readonly addresses: readonly string[];
  readonly token: string;
  readonly device: string;
  readonly path: string;
}

/** A manager with a socket, who asks a device for a value each second, and connects again where it is not answered. */
export class ManagerWatcher implements Watcher {
  readonly name = "manager";
  readonly #options: ManagerOptions;
  readonly #addresses: Addresses;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #freshAt = 0;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#addresses = inTurn(options.addresses);
    this.#watching = ending(() => this.#watch(), this.#stop.signal);
  }

  get freshAt(): number {
    return this.#freshAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#connection().catch(() => undefined);
      await delay(ASK_EVERY_MS, undefined, { signal: this.#stop.signal });
    }
  }

  /** One connection, until it fails. */
  async #connection(): Promise<void> {
    const { token, device, path } = this.#options;
    const headers = { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(`ws://${this.#addresses.next()}/manage`, ["manage.json"], { headers });
    try {
      await within(heard(socket, "open"), "a manager to be let in", ANSWER_MS);
      for (let id = 1; !this.#stop.signal.aborted; id += 1) {
        const askedAt = Date.now();
        const params = { Device: device, ParameterNames: [path] };
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "GetParameterValues", params }));
        const answer = await within(heard(socket, "message"), "an answer to a manager", ANSWER_MS);
        if (String(answer).includes('"result"')) this.#freshAt = askedAt;
        await delay(ASK_EVERY_MS, undefined, { signal: this.#stop.signal });
      }
    } finally {
      socket.on("error", () => undefined);
      socket.terminate();
    }
  }
}

const ASK_EVERY_MS = 1_000;
const ANSWER_MS = 8_000;

/** The next of them; rejects where the connection ends before. */
async function heard(socket: WebSocket, event: "open" | "message"): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const lost = (): void => reject(new Error("the connection has ended"));
  socket.once(event, resolve).once("close", lost).once("error", lost);
  try {
    return await promise;
  } finally {
    socket.off(event, resolve).off("close", lost).off("error", lost);
  }
}

/** Runs until the signal; what that ends is no error. */
async function ending(run: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
