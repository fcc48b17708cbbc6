import { closeSync, openSync, writeSync } from "node:fs";

export interface Arming {
  /** The file in which each point is written down, one a line, as it is reached; left out, none is. */
  readonly trace?: string;
  /** The point to die at: its name, a space, and its occurrence from 1; left out, none. */
  readonly killAt?: string;
}

/**
 * The points at which a server can be made to die: before and after each durable write and each send, in the order in
 * which they are reached. A point is told by its name and how often that name was reached, since the order of what runs
 * side by side differs from run to run.
 */
export class KillSwitch {
  #occurrences = new Map<string, number>();
  #trace: number | undefined;
  #killAt: string | undefined;

  /** Starts the count anew. */
  arm({ trace, killAt }: Arming): void {
    if (this.#trace !== undefined) closeSync(this.#trace);
    this.#trace = trace === undefined ? undefined : openSync(trace, "a");
    this.#killAt = killAt;
    this.#occurrences = new Map();
  }

  /** Writes the point down; where it is the one to die at, nothing runs after this. */
  reach(name: string): void {
    const occurrence = (this.#occurrences.get(name) ?? 0) + 1;
    this.#occurrences.set(name, occurrence);
    const point = `${name} ${occurrence}`;
    if (this.#trace !== undefined) writeSync(this.#trace, `${point}\n`);
    if (point === this.#killAt) process.kill(process.pid, "SIGKILL");
  }
}
