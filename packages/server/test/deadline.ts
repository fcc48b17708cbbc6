/** What a test awaited did not come in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly code = "E_DEADLINE";
}

/** Long beyond what anything takes that comes at all, also on a machine that is busy. */
const DEADLINE_MS = 90_000;

/** The promise, which must settle in time; else it rejects with {@link DeadlineError}, which says what was awaited. */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const awaited = typeof what === "string" ? what : what();
    late.reject(new DeadlineError(`awaited for ${deadlineMs} ms in vain: ${awaited}`));
  }, deadlineMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
