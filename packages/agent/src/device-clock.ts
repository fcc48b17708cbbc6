/** Time as a device needs it, so that tests can hold it. */
export interface DeviceClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `action` once after `delayMs`. */
  after(delayMs: number, action: () => void): DeviceTimer;
}

export interface DeviceTimer {
  /** No effect once the action ran. */
  cancel(): void;
}

/** JavaScript's timers keep no longer delay; longer ones are waited for in steps. */
const MAX_STEP_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const machineClock: DeviceClock = {
  now: () => Date.now(),
  after(delayMs, action) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (restMs: number): void => {
      const stepMs = Math.min(restMs, MAX_STEP_MS);
      timer = setTimeout(() => (restMs > stepMs ? wait(restMs - stepMs) : action()), stepMs);
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A moment as CWMP writes it, to the second. */
export function dateTimeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}
