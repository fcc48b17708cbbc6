export interface MoveProgress {
  readonly table: string;
  readonly rows: number;
  readonly of: number;
}

/** A table that was found to be the same in both, row by row. */
export interface MovedTable {
  readonly table: string;
  readonly rows: number;
  /** Of all its rows, in whatever order. */
  readonly checksum: string;
}
