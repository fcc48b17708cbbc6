import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../bin/heliograph.js", import.meta.url));
/** The server starts well within this, also on a busy machine. */
const PATIENCE_MS = 30_000;

export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The real command in a process of its own. */
export class HeliographProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: string[] = [];
  readonly #errors: string[] = [];
  #isClosed = false;
  #heard: () => void = () => undefined;

  /** `input`: whether lines are typed, by {@link say}. */
  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    input: "none" | "typed" = "none",
  ) {
    this.#child = spawn(process.execPath, [COMMAND, ...args], {
      env: { PATH: process.env["PATH"], ...environment },
      stdio: [input === "typed" ? "pipe" : "ignore", "pipe", "pipe"],
    });
    this.#closed = once(this.#child, "close").then(() => (this.#isClosed = true));
    this.#keep(this.#child.stdout, this.#lines);
    this.#keep(this.#child.stderr, this.#errors);
  }

  /** Types a line; undefined: there are no more. */
  say(line: string | undefined): void {
    if (line === undefined) this.#child.stdin?.end();
    else this.#child.stdin?.write(`${line}\n`);
  }

  /** The first line of either output that fits, waited for. */
  async line(fits: RegExp): Promise<string> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = [...this.#lines, ...this.#errors].find((line) => fits.test(line));
      if (found !== undefined) return found;
      assert.ok(!deadline.aborted, `no line ${String(fits)} in:\n${this.#said()}`);
      assert.ok(!this.#isClosed, `it ended without ${String(fits)}:\n${this.#said()}`);
      await this.#more(deadline);
    }
  }

  /** Waits for its end. */
  async ended(): Promise<Ended> {
    await this.#closed;
    return {
      exitCode: this.#child.exitCode,
      output: this.#lines.join("\n"),
      errors: this.#errors.join("\n"),
    };
  }

  signal(signal: "SIGHUP" | "SIGINT" | "SIGTERM"): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  #keep(stream: Readable | null, lines: string[]): void {
    assert.ok(stream !== null);
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      this.#heard();
    });
  }

  #said(): string {
    return [...this.#lines, ...this.#errors].join("\n");
  }

  async #more(deadline: AbortSignal): Promise<void> {
    await Promise.race([
      this.#closed,
      new Promise<void>((resolve) => {
        this.#heard = resolve;
        deadline.addEventListener("abort", () => resolve(), { once: true });
      }),
    ]);
  }
}
