/** Until when a run may go on. */
export class RunTime {
  /** Aborted once nothing more may be begun, and what is under way has to be given up. */
  readonly signal: AbortSignal;
  readonly #until: number;

  /** `ms` from now on; `interrupted` ends it before. */
  constructor(ms: number, interrupted?: AbortSignal) {
    this.#until = Date.now() + ms;
    const over = Number.isFinite(ms) ? [AbortSignal.timeout(ms)] : [];
    this.signal = AbortSignal.any([...over, ...(interrupted === undefined ? [] : [interrupted])]);
  }

  /** Whether that long is left. */
  hasLeft(ms: number): boolean {
    return !this.signal.aborted && Date.now() + ms < this.#until;
  }

  /** The same as the promise, as long as there is time; rejects once there is none. */
  async within<T>(promise: Promise<T>): Promise<T> {
    const over = Promise.withResolvers<never>();
    const end = (): void => over.reject(this.signal.reason);
    this.signal.addEventListener("abort", end, { once: true });
    if (this.signal.aborted) end();
    try {
      return await Promise.race([promise, over.promise]);
    } finally {
      this.signal.removeEventListener("abort", end);
      promise.catch(() => undefined);
    }
  }
}
