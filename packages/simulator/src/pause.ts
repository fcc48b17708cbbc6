import type { DeviceClock } from "@heliograph/agent";

/** Resolves after so long, or when the signal is aborted. */
export async function pause(clock: DeviceClock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = Promise.withResolvers<undefined>();
  const timer = clock.after(ms, () => over.resolve(undefined));
  const end = (): void => over.resolve(undefined);
  signal.addEventListener("abort", end, { once: true });
  await over.promise;
  timer.cancel();
  signal.removeEventListener("abort", end);
}
