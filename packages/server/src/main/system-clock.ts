import type { Clock } from "../ports/clock.ts";

/** Node's timers hold at most this long; longer ones are waited for in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, action) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const part = Math.min(left, LONGEST_TIMER_MS);
      timer = setTimeout(() => {
        if (left > part) arm(left - part);
        else action();
      }, part).unref();
    };
    arm(delayMs);
    return {
      cancel() {
        clearTimeout(timer);
      },
    };
  },
};
