/** How much a manager's connection may be, and all of them together. */
export interface ManageBounds {
  readonly maxConnections: number;
  /** Connections whose manager has yet to say who it is. */
  readonly maxWaiting: number;
  /** How long it may take to say so. */
  readonly openMs: number;
  /** Questions of one connection that are not answered yet. */
  readonly maxOutstanding: number;
  readonly maxBodyBytes: number;
  /** Bodies of one connection's questions that are not stored yet. */
  readonly maxWaitingBytes: number;
  /** What a manager that does not read is kept of its answers. */
  readonly maxBufferedBytes: number;
  readonly heartBeatMs: number;
  /** How often it is looked whether a manager's token is still good. */
  readonly lookMs: number;
}

export const defaultManageBounds: ManageBounds = {
  maxConnections: 500,
  maxWaiting: 50,
  openMs: 10_000,
  maxOutstanding: 256,
  maxBodyBytes: 1024 * 1024,
  maxWaitingBytes: 4 * 1024 * 1024,
  maxBufferedBytes: 4 * 1024 * 1024,
  heartBeatMs: 30_000,
  lookMs: 500,
};
