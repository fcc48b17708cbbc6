import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { within } from "../deadline.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

export type Environment = Readonly<Record<string, string>>;

/** A program in a process of its own, and what it says. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  #said = "";
  #complaints = "";
  #more = Promise.withResolvers<undefined>();

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
      this.#wake();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints += text;
    });
    child.once("close", () => {
      this.#wake();
    });
  }

  /** With its path in this repository, its arguments, and what is in its environment besides. */
  static run([name = "", ...args]: readonly string[], environment: Environment = {}): Program {
    const child = spawn(process.execPath, [name, ...args], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Program(name, child);
  }

  /** All whole lines so far. */
  get lines(): readonly string[] {
    return this.#said.split("\n").slice(0, -1);
  }

  get complaints(): string {
    return this.#complaints;
  }

  /** Resolves with the first line that says `what`. */
  async line(what: RegExp): Promise<string> {
    return within(this.#line(what), () => `${this.#name} to say ${String(what)}\n${this.#told()}`);
  }

  /** Resolves once so many lines say `what`. */
  async count(what: RegExp, many: number): Promise<void> {
    const counted = async (): Promise<void> => {
      while (this.lines.filter((line) => what.test(line)).length < many) await this.#next();
    };
    await within(counted(), () => `${many} lines ${String(what)} of ${this.#name}\n${this.#told()}`);
  }

  /** Resolves with its exit code once it has ended by itself. */
  async ended(): Promise<number | null> {
    const over = async (): Promise<void> => {
      while (!this.#isOver) await this.#more.promise;
    };
    await within(over(), () => `the end of ${this.#name}\n${this.#told()}`);
    return this.#child.exitCode;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#isOver) return;
    const closed = once(this.#child, "close");
    this.#child.kill(signal);
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  get #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #line(what: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => what.test(line));
      if (found !== undefined) return found;
      await this.#next();
    }
  }

  async #next(): Promise<void> {
    if (this.#isOver) throw new Error(`${this.#name} ended\n${this.#told()}`);
    await this.#more.promise;
  }

  #wake(): void {
    this.#more.resolve(undefined);
    this.#more = Promise.withResolvers();
  }

  #told(): string {
    return `${this.#said}\n${this.#complaints}`;
  }
}
