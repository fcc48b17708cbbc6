import type { Position, Publication } from "../../../ports/index.ts";
import type { Place } from "./place.ts";

/** Those of one channel's members that are connected here. */
export class Audience {
  /** Whoever comes or leaves while they are being told is told rightly all the same: each place knows up to where it was. */
  readonly live = new Set<Place>();
  /** Places of any standing. */
  readonly #places = new Set<Place>();
  /** The newest publication of which telling has begun. */
  #begun: Position | undefined;

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  add(place: Place): void {
    this.#places.add(place);
  }

  remove(place: Place): void {
    place.standing = "gone";
    this.live.delete(place);
    this.#places.delete(place);
  }

  begin({ epoch, offset }: Publication): void {
    this.#begun = { epoch, offset };
  }

  /** From now on the place, which is at the channel's head, is told with the others; false where they are ahead of it. */
  join(place: Place): boolean {
    const { at } = place;
    if (at === undefined || place.isGone) return false;
    const begun = this.#begun;
    // What was begun in another epoch was begun before the channel got this one.
    if (begun?.epoch === at.epoch && begun.offset > at.offset) return false;
    place.standing = "live";
    this.live.add(place);
    return true;
  }
}

/** Whether the publication is the one that comes after what the place was told. */
export function isNext({ at }: Place, { epoch, offset }: Publication): boolean {
  return at?.epoch === epoch && at.offset === offset - 1;
}

/** Whether the place was told it, or what came after. */
export function isKnown({ at }: Place, { epoch, offset }: Publication): boolean {
  return at?.epoch === epoch && at.offset >= offset;
}
