/** Counts the bytes of requests that are not read to their end yet, so that slow senders cannot fill the memory together. */
export interface Intake {
  /** Bytes held now. */
  readonly held: number;
  /** False where this many more would be over `most`; nothing is taken then. */
  take(bytes: number, most: number): boolean;
  release(bytes: number): void;
}

export function intake(): Intake {
  let held = 0;
  return {
    get held() {
      return held;
    },
    take(bytes, most) {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
    release(bytes) {
      held -= bytes;
    },
  };
}
