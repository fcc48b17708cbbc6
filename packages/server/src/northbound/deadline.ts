import type { Clock } from "../ports/index.ts";

export interface Deadline extends Disposable {
  /** Resolves when the time is over or the signal was given; never rejects. */
  readonly passed: Promise<unknown>;
  isPassed(): boolean;
}

/** The end of a wait: after `waitMs`, or as soon as the signal is given. Dispose of it when nobody waits any more. */
export function deadline(clock: Clock, waitMs: number, signal: AbortSignal): Deadline {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  let isPassed = false;
  const pass = (): void => {
    isPassed = true;
    resolve(undefined);
  };
  const timer = clock.after(waitMs, pass);
  signal.addEventListener("abort", pass, { once: true });
  if (signal.aborted) pass();
  return {
    passed: promise,
    isPassed: () => isPassed,
    [Symbol.dispose]() {
      timer.cancel();
      signal.removeEventListener("abort", pass);
    },
  };
}
