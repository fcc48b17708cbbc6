/** Somebody newer holds the device: what was in memory is stale. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
  /** Whoever holds it may be gone before it is done: the device is to be looked at again. */
  readonly comesAgain: boolean;

  constructor(message: string, { comesAgain = false }: { readonly comesAgain?: boolean } = {}) {
    super(message);
    this.comesAgain = comesAgain;
  }
}
