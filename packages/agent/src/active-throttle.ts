import type { DeviceClock, DeviceTimer } from "./device-clock.ts";

export interface ActiveThrottleOptions {
  readonly clock: DeviceClock;
  /** DefaultActiveNotificationThrottle, in seconds. */
  readonly seconds: () => number;
  /** Whether the ACS is being told of something: what changes meanwhile is for later. */
  readonly isBusy: () => boolean;
  /** Now the ACS may be told. */
  readonly tell: () => void;
}

/**
 * Holds back what is only to tell of active changes, until the last session is long enough ago
 * [TR-181 DefaultActiveNotificationThrottle]. Whatever else opens a session takes it along.
 */
export class ActiveThrottle {
  readonly #options: ActiveThrottleOptions;
  #lastEnd = -Infinity;
  #isOwed = false;
  #timer: DeviceTimer | undefined;

  constructor(options: ActiveThrottleOptions) {
    this.#options = options;
  }

  /** A parameter changed whose changes are told actively. */
  changed(): void {
    const { clock, seconds, isBusy, tell } = this.#options;
    this.#isOwed = isBusy();
    if (this.#isOwed || this.#timer !== undefined) return;
    const waitMs = this.#lastEnd + seconds() * 1000 - clock.now();
    if (waitMs <= 0) {
      tell();
      return;
    }
    this.#timer = clock.after(waitMs, () => {
      this.#timer = undefined;
      tell();
    });
  }

  /** A session ended well: what was held back went with it. */
  sessionEnded(): void {
    this.#lastEnd = this.#options.clock.now();
    this.#stop();
  }

  /** It is busy no longer. */
  released(): void {
    if (this.#isOwed) this.changed();
  }

  /** It restarts, and then tells all that it owes. */
  reset(): void {
    this.#stop();
    this.#lastEnd = -Infinity;
    this.#isOwed = false;
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
