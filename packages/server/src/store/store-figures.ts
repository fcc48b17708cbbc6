export interface StoreFigures {
  /** Commits made since the store was opened, and the changes in them. */
  readonly commits: number;
  readonly changes: number;
  /** Changes that wait for their commit now. */
  readonly waiting: number;
  /** Connections to the database; left out where there is none but a file. */
  readonly pools?: { readonly writing: PoolFigures; readonly reading: PoolFigures };
}

export interface PoolFigures {
  readonly busy: number;
  readonly idle: number;
  /** Who waits for a connection. */
  readonly awaited: number;
}
