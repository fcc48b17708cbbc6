/** Gives a place back; more than once is no error. */
export type Leave = () => void;

/** Places for those who ask: so many at once, of which one manager takes at most half. */
export class Places {
  readonly #most: number;
  #taken = 0;
  readonly #takenBy = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Undefined where all are taken. */
  enter(): Leave | undefined {
    if (this.#taken >= this.#most) return undefined;
    this.#taken += 1;
    return once(() => {
      this.#taken -= 1;
    });
  }

  /** Says whose a place is that was taken; undefined where half of all are theirs already. */
  sit(manager: string): Leave | undefined {
    const own = this.#takenBy.get(manager) ?? 0;
    if (own >= this.#most / 2) return undefined;
    this.#takenBy.set(manager, own + 1);
    return once(() => {
      const left = (this.#takenBy.get(manager) ?? 1) - 1;
      if (left > 0) this.#takenBy.set(manager, left);
      else this.#takenBy.delete(manager);
    });
  }
}

function once(leave: Leave): Leave {
  let isLeft = false;
  return () => {
    if (isLeft) return;
    isLeft = true;
    leave();
  };
}
