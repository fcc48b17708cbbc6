import type { DeviceClock, DeviceTimer } from "./device-clock.ts";

/** What a list of queued transfers has room for [CWMP 1.4 schema]. */
const MAX_SCHEDULED = 16;

/** What a device is to do later, once: what the ACS scheduled, and what goes on until it is over. */
export class ScheduledWork {
  readonly #clock: DeviceClock;
  readonly #timers = new Set<DeviceTimer>();
  readonly #open = new Set<object>();

  constructor(clock: DeviceClock) {
    this.#clock = clock;
  }

  /** False where as much as the device keeps in mind is scheduled already, or waits for the ACS to hear of its end. */
  schedule(seconds: number, action: () => Promise<void>, { waiting }: { readonly waiting: number }): boolean {
    if (this.#open.size + waiting >= MAX_SCHEDULED) return false;
    const work = {};
    this.#open.add(work);
    this.after(seconds * 1000, () => {
      void action().finally(() => void this.#open.delete(work));
    });
    return true;
  }

  after(delayMs: number, action: () => void): DeviceTimer {
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return timer;
  }

  /** Resolves after that time, or never where all is forgotten before. */
  async pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** None of it is done any more. */
  forget(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#open.clear();
  }
}
