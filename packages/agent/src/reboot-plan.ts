import { UNKNOWN_TIME } from "@heliograph/protocol";
import type { DeviceClock, DeviceTimer } from "./device-clock.ts";
import type { Declarations } from "./object-tree.ts";

/** DelayReboot of a device that is not to reboot. */
export const NO_REBOOT = -1;

export interface DelayedRebootOptions {
  readonly clock: DeviceClock;
  /** DelayReboot; {@link NO_REBOOT} where there is to be none. */
  readonly seconds: () => number;
  readonly reboot: () => void;
}

/** How the ACS has a device reboot later [TR-181 Device.ManagementServer.DelayReboot, ScheduleReboot]. */
export function rebootParameters(server: string): Declarations {
  return {
    [`${server}DelayReboot`]: { type: "int", value: NO_REBOOT, writable: true, check: tooLow },
    [`${server}ScheduleReboot`]: { type: "dateTime", writable: true },
  };
}

/** Milliseconds until ScheduleReboot; undefined where there is none, or its time has gone by. */
export function scheduledRebootMs(now: number, at: string): number | undefined {
  const delayMs = at === UNKNOWN_TIME ? 0 : Date.parse(at) - now;
  return delayMs > 0 ? delayMs : undefined;
}

/** Reboots a device so many seconds after the session in which that was set [TR-181 DelayReboot]. */
export class DelayedReboot {
  readonly #options: DelayedRebootOptions;
  #isSet = false;
  #timer: DeviceTimer | undefined;

  constructor(options: DelayedRebootOptions) {
    this.#options = options;
  }

  /** The parameter has another value. */
  set(): void {
    this.#isSet = true;
  }

  /** The session is over. */
  released(): void {
    if (!this.#isSet) return;
    this.cancel();
    const { clock, seconds, reboot } = this.#options;
    const delay = seconds();
    if (delay > NO_REBOOT) this.#timer = clock.after(delay * 1000, reboot);
  }

  cancel(): void {
    this.#isSet = false;
    this.#timer?.cancel();
  }
}

function tooLow(seconds: number): string | undefined {
  return seconds >= NO_REBOOT ? undefined : `must be ${NO_REBOOT} or more`;
}
