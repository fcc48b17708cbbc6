/** Whether a conditional change was made: `no` where somebody newer holds the row, or it is not as the change needs it. */
export interface Held {
  readonly held: boolean;
}
