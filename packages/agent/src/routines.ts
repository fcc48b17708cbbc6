import type { DeviceClock, DeviceTimer } from "./device-clock.ts";

/** What a device does by itself at times that its parameters say. */
export interface Routine {
  /** A change of a parameter whose path begins like this sets the time anew. */
  readonly setBy: string;
  /** Milliseconds until it is due next; undefined where it is not. */
  readonly dueInMs: () => number | undefined;
  readonly act: () => void;
}

/** Keeps the times of a device's routines while it is up. */
export class Routines {
  readonly #clock: DeviceClock;
  readonly #routines: readonly Routine[];
  readonly #timers = new Map<Routine, DeviceTimer>();
  #isRunning = false;

  constructor(clock: DeviceClock, routines: readonly Routine[]) {
    this.#clock = clock;
    this.#routines = routines;
  }

  start(): void {
    this.#isRunning = true;
    for (const routine of this.#routines) this.#arm(routine);
  }

  stop(): void {
    this.#isRunning = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** The parameter of that path is not what it was. */
  changed(path: string): void {
    for (const routine of this.#routines) if (path.startsWith(routine.setBy)) this.#arm(routine);
  }

  #arm(routine: Routine): void {
    this.#timers.get(routine)?.cancel();
    this.#timers.delete(routine);
    const delayMs = this.#isRunning ? routine.dueInMs() : undefined;
    if (delayMs === undefined) return;
    const timer = this.#clock.after(delayMs, () => {
      routine.act();
      this.#arm(routine);
    });
    this.#timers.set(routine, timer);
  }
}
