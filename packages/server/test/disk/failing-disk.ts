import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { within } from "../deadline.ts";

/** With which a process of this user is interfered with, from without. */
const TRACER = "strace";

export type DiskError = "EIO" | "EROFS";

/** Undefined where faults can be injected; else why not. */
export function whyNoFaults(): string | undefined {
  const tried = spawnSync(TRACER, ["-f", "-o", "/dev/null", process.execPath, "--version"]);
  return tried.status === 0 ? undefined : `needs ${TRACER} on PATH, and leave to trace a child`;
}

/** Has every write and every sync of a running process fail, as on a disk that is broken, until it is disposed of. */
export class FailingDisk implements AsyncDisposable {
  /** What the system says: `EIO`, or `EROFS` of a disk that was set read-only since. */
  readonly error: DiskError;
  readonly #tracer: ChildProcessByStdio<null, null, Readable>;

  private constructor(error: DiskError, tracer: ChildProcessByStdio<null, null, Readable>) {
    this.error = error;
    this.#tracer = tracer;
  }

  static async under(pid: number, error: DiskError): Promise<FailingDisk> {
    const calls = "pwrite64,fdatasync,fsync";
    const tracer = spawn(
      TRACER,
      ["-f", "-p", String(pid), "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}`],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    await within(attached(tracer.stderr), `${TRACER} to attach to ${pid}`);
    // What it writes is of no interest, but must not fill the pipe.
    tracer.stderr.resume();
    return new FailingDisk(error, tracer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#tracer, "close");
    this.#tracer.kill("SIGTERM");
    await within(closed, `${TRACER} to end`);
  }
}

/** It says so for each thread, of the process as a whole in the first line. */
async function attached(said: Readable): Promise<void> {
  let text = "";
  for await (const chunk of said.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (/attached/.test(text) && text.includes("\n")) return;
  }
  throw new Error(`it ended: ${text}`);
}
