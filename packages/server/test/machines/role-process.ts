import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as passed } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Role } from "../../src/main/roles.ts";
import { within } from "../deadline.ts";
import type { ServerFlags } from "../host-messages.ts";

const COMMAND = fileURLToPath(new URL("../../../cli/bin/heliograph.js", import.meta.url));
/** Of what it says, the end is kept. */
const KEPT_CHARS = 50_000;
const LOOK_AGAIN_MS = 50;

export interface RoleProcessParts {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly flags: ServerFlags;
  /** Where it says how it is. */
  readonly healthUrl: string;
  /** Where devices come to it; undefined where none do. */
  readonly southboundPort?: number;
  /** Started before the command, such as what puts it into a network of its own. */
  readonly under?: readonly string[];
}

/** One `heliograph serve --roles …`, which can be killed, paused and started again on its data and its ports. */
export class RoleProcess {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly healthUrl: string;
  readonly southboundPort: number | undefined;
  readonly #parts: RoleProcessParts;
  #child: ChildProcess | undefined;
  #complaints = "";

  constructor(parts: RoleProcessParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.roles = parts.roles;
    this.healthUrl = parts.healthUrl;
    this.southboundPort = parts.southboundPort;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What it logged and complained of, the end of it. */
  get complaints(): string {
    return this.#complaints;
  }

  start(): void {
    if (this.isRunning) return;
    const { roles, flags, under = [] } = this.#parts;
    const args = Object.entries({ ...flags, roles: roles.join(",") }).map(([name, value]) =>
      value === "true" ? `--${name}` : `--${name}=${value}`,
    );
    const [command = process.execPath, ...rest] = [...under, process.execPath, COMMAND, "serve", ...args];
    const child = spawn(command, rest, { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-KEPT_CHARS);
    });
    this.#child = child;
  }

  /** Resolves once it says that it can do its work. */
  async ready(deadlineMs?: number): Promise<void> {
    await within(this.#ready(), () => `${this.name} to be ready; it said:\n${this.#complaints}`, deadlineMs);
  }

  /** Whether it can do its work. */
  async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.healthUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
      return answer.ok && !(await answer.text()).includes('"trouble"');
    } catch {
      return false;
    }
  }

  /** Ends it at once, as when its machine is lost. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Has it end in order. */
  async stop(): Promise<void> {
    await within(this.#end("SIGTERM"), () => `${this.name} to stop; it said:\n${this.#complaints}`);
  }

  /** Keeps it from doing anything, as a machine that swaps does. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async #ready(): Promise<void> {
    while (!(await this.isReady())) {
      if (!this.isRunning) throw new Error(`${this.name} ended; it said:\n${this.#complaints}`);
      await passed(LOOK_AGAIN_MS);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const ended = once(child, "exit");
    child.kill(signal);
    // One that is paused hears of nothing else.
    child.kill("SIGCONT");
    await ended;
  }
}
