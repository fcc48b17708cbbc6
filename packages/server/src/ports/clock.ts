/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. It may jump, as the machine's clock may. */
  now(): number;
  /** Calls `action` once, `delayMs` or more from now; a jump of {@link now} does not move it. Never keeps a process alive. */
  after(delayMs: number, action: () => void): Timer;
}

export interface Timer {
  /** No effect once the action ran. */
  cancel(): void;
}
