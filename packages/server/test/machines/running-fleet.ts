import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isFleetWord, type FleetOrder, type FleetWord } from "./fleet-messages.ts";
import type { FleetSettings } from "./fleet-device.ts";
import type { FleetReport } from "./fleet.ts";

const PROGRAM = fileURLToPath(new URL("fleet-process.ts", import.meta.url));
const CLOSE_MS = 20_000;

/** Devices in another process. */
export class RunningFleet implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #awaited = new Map<FleetWord["type"], PromiseWithResolvers<FleetWord>>();

  constructor() {
    this.#child = fork(PROGRAM, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (message) => {
      if (isFleetWord(message)) this.#awaited.get(message.type)?.resolve(message);
    });
    this.#child.once("exit", () => {
      for (const { reject } of this.#awaited.values()) reject(new Error("the devices' process has ended"));
    });
  }

  /** Of its process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves once each device was in. */
  async start(settings: FleetSettings): Promise<void> {
    await this.#ask({ type: "start", settings }, "started");
  }

  /** Who was in since then, in milliseconds since 1970. */
  async report(since: number): Promise<FleetReport> {
    const word = await this.#ask({ type: "report", since }, "reported");
    if (word.type !== "reported") throw new Error(`the devices say ${word.type}`);
    return word.report;
  }

  /** Milliseconds that each device was out which went out since then and is in again. */
  async outages(since: number): Promise<readonly number[]> {
    const word = await this.#ask({ type: "tell-outages", since }, "outages");
    if (word.type !== "outages") throw new Error(`the devices say ${word.type}`);
    return word.outages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const late = setTimeout(() => this.#child.kill("SIGKILL"), CLOSE_MS);
      await this.#ask({ type: "close" }, "closed").catch(() => undefined);
      clearTimeout(late);
      this.#child.kill("SIGKILL");
    }
    await this.#ended;
  }

  /** One question of a kind at a time. */
  async #ask(order: FleetOrder, answer: FleetWord["type"]): Promise<FleetWord> {
    const awaited = Promise.withResolvers<FleetWord>();
    this.#awaited.set(answer, awaited);
    this.#child.send(order);
    return awaited.promise;
  }
}
