/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. It may jump, as the machine's clock may. */
  now(): number;
  /**
   * Milliseconds since some moment of this process. It only grows, as time passes, whatever {@link now} is set to: what
   * waits for a while, and not for a time of day, is measured by it.
   */
  elapsed(): number;
  /** Calls `action` once, `delayMs` or more from now; a jump of {@link now} does not move it. Never keeps a process alive. */
  after(delayMs: number, action: () => void): Timer;
}

export interface Timer {
  /** No effect once the action ran. */
  cancel(): void;
}
