import { setImmediate } from "node:timers/promises";

interface Alarm {
  readonly at: number;
  readonly action: () => void;
}

/** A fixed beginning, so that dates in what a test prints and compares do not change from run to run. */
const BEGINNING = Date.UTC(2026, 0, 1);

/** Time that passes only where a test says so. It has the shape of the server's clock port. */
export class VirtualClock {
  #elapsed = 0;
  #beginning: number;
  readonly #alarms = new Set<Alarm>();

  constructor(beginning = BEGINNING) {
    this.#beginning = beginning;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#beginning + this.#elapsed;
  }

  /** Milliseconds that passed, which no {@link jump} changes. */
  elapsed(): number {
    return this.#elapsed;
  }

  after(delayMs: number, action: () => void): { cancel(): void } {
    const alarm = { at: this.#elapsed + Math.max(0, delayMs), action };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /**
   * Lets `ms` milliseconds pass and runs what falls due, in the order of time, each at its own. After each action one
   * turn of the event loop lets promises settle, so that what they set for the same stretch of time still runs in it.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#alarms.delete(next);
      this.#elapsed = next.at;
      next.action();
      await setImmediate();
    }
    this.#elapsed = end;
  }

  /** Sets the machine's clock to another time of day; what waits is not moved by it. */
  jump(ms: number): void {
    this.#beginning += ms;
  }

  /** How many actions wait. */
  get waiting(): number {
    return this.#alarms.size;
  }

  #next(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.at <= end && (next === undefined || alarm.at < next.at)) next = alarm;
    }
    return next;
  }
}
