import type { DeviceClock, DeviceTimer } from "@heliograph/agent";
import { dueNow, nextDueMs, type Ramp, type RampState } from "./ramp.ts";

export interface RampUpOptions {
  readonly ramp: Ramp;
  readonly clock: DeviceClock;
  /** Switches the device of that number on, 0 being the first; calls `settled` once it is on its way no more. */
  readonly start: (index: number, settled: () => void) => void;
  /** Every device was started and has settled. */
  readonly onSettled: () => void;
}

/** At a very high rate, devices that are due within this are started together. */
const LEAST_STEP_MS = 5;

/** Starts one device after the other; {@link stop} ends that. */
export class RampUp {
  readonly #options: RampUpOptions;
  readonly #begunAt: number;
  #started = 0;
  #settled = 0;
  #timer: DeviceTimer | undefined;
  #isStopped = false;

  constructor(options: RampUpOptions) {
    this.#options = options;
    this.#begunAt = options.clock.now();
    this.#go();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #go(): void {
    if (this.#isStopped) return;
    const { ramp, clock, start } = this.#options;
    while (dueNow(ramp, this.#state()) > 0) {
      this.#started += 1;
      start(this.#started - 1, () => this.#hasSettled());
    }
    this.#timer?.cancel();
    const waitMs = nextDueMs(ramp, this.#state());
    if (waitMs === undefined) return;
    this.#timer = clock.after(Math.max(waitMs, LEAST_STEP_MS), () => this.#go());
  }

  #hasSettled(): void {
    this.#settled += 1;
    if (this.#settled === this.#options.ramp.devices) this.#options.onSettled();
    this.#go();
  }

  #state(): RampState {
    return {
      elapsedMs: this.#options.clock.now() - this.#begunAt,
      started: this.#started,
      starting: this.#started - this.#settled,
    };
  }
}
