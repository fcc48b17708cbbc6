export interface Page<T> {
  readonly items: readonly T[];
  /** Hand it in as `after` for the next page; left out on the last one. */
  readonly next?: string;
}
