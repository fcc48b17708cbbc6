import { readFileSync } from "node:fs";

const KIB = 1024;
const LOOK_MS = 50;

/** Memory that the process holds, in bytes; undefined where the system does not tell. */
export function residentBytes(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB;
  } catch {
    return undefined;
  }
}

/** Watches how much more memory than at first a process comes to hold. */
export class MemoryWatch implements Disposable {
  readonly #pid: number | undefined;
  readonly #before: number | undefined;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number | undefined) {
    this.#pid = pid;
    this.#before = residentBytes(pid);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The most it grew by so far, in bytes; undefined where the system does not tell. */
  get growth(): number | undefined {
    this.#look();
    return this.#before === undefined ? undefined : this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = residentBytes(this.#pid) ?? 0;
    this.#most = Math.max(this.#most, now - (this.#before ?? 0));
  }
}
