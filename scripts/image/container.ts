import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Image } from "./build.ts";
import { firstProcess, runBeside, startIn, type Confinement } from "./root.ts";

/** As the Compose files have it, and longer than a server takes. */
const GRACE_MS = 60_000;
const START_MS = 60_000;
const LOOK_MS = 500;

/** An image that runs. */
export class Container implements Disposable {
  /** Of its first process, on this machine. */
  readonly pid: number;
  readonly #image: Image;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  private constructor(image: Image, { child, ended }: Started) {
    this.#image = image;
    this.#child = child;
    this.#ended = ended;
    this.pid = firstProcess(child);
  }

  /** Resolves once it has printed something. Rejects where it ends before. */
  static async start(image: Image, confinement: Confinement): Promise<Container> {
    const child = startIn(image.root, image, confinement);
    const ended = new Promise<number | null>((settle) => child.once("exit", settle));
    if (child.stdout === null) throw new Error("a container prints nowhere");
    const lines = createInterface({ input: child.stdout, signal: AbortSignal.timeout(START_MS) });
    const early = ended.then((code) => Promise.reject(new Error(`the server ended with ${String(code)}`)));
    await Promise.race([once(lines, "line"), early]);
    // What else it prints is of no interest, but must not fill the pipe.
    lines.on("line", () => undefined);
    return new Container(image, { child, ended });
  }

  /** Resolves once the image's own HEALTHCHECK is content. */
  async healthy(): Promise<void> {
    const end = performance.now() + START_MS;
    for (;;) {
      try {
        this.run(this.#image.health);
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
        await new Promise((settle) => setTimeout(settle, LOOK_MS));
      }
    }
  }

  /** Has a command done beside the server, as its user; gives what it printed. */
  run(command: readonly string[]): string {
    return runBeside(this.pid, { ...this.#image, command });
  }

  /** The command line of the ACS. */
  heliograph(...args: readonly string[]): string {
    return this.run([...this.#image.command.slice(0, -1), ...args]).trimEnd();
  }

  /** Sends it SIGTERM; resolves with its exit code, and how many seconds it took. */
  async stop(): Promise<{ readonly code: number | null; readonly seconds: string }> {
    const began = performance.now();
    process.kill(this.pid, "SIGTERM");
    const late = setTimeout(() => process.kill(this.pid, "SIGKILL"), GRACE_MS);
    const code = await this.#ended;
    clearTimeout(late);
    return { code, seconds: ((performance.now() - began) / 1_000).toFixed(1) };
  }

  /** With its first process end all of them. */
  [Symbol.dispose](): void {
    if (this.#child.exitCode === null) process.kill(this.pid, "SIGKILL");
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
}
