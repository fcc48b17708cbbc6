import type { Publication } from "../../../ports/index.ts";
import { isKnown, isNext } from "./audience.ts";
import type { Audience } from "./audience.ts";
import type { Place } from "./place.ts";
import { Telling } from "./telling.ts";

/** So many are told in one turn of the event loop: whoever else is connected waits no longer than that takes. */
const AT_ONCE = 250;

interface Round {
  readonly publication: Publication;
  readonly telling: Telling;
  readonly audience: Audience;
  readonly left: Iterator<Place>;
}

/** Tells what is published to those who have everything before it, one publication after the other, a part in each turn. */
export class Rounds {
  readonly #onBehind: (place: Place) => void;
  readonly #waiting: Round[] = [];
  #isGoing = false;

  constructor(onBehind: (place: Place) => void) {
    this.#onBehind = onBehind;
  }

  tell(publication: Publication, audience: Audience): void {
    audience.begin(publication);
    const left = audience.live.values();
    this.#waiting.push({ publication, telling: Telling.of(publication), audience, left });
    if (this.#isGoing) return;
    this.#isGoing = true;
    this.#go();
  }

  #go(): void {
    for (let told = 0; told < AT_ONCE; told++) {
      const [round] = this.#waiting;
      if (round === undefined) {
        this.#isGoing = false;
        return;
      }
      const next = round.left.next();
      if (next.done === true) this.#waiting.shift();
      else this.#tellOne(next.value, round);
    }
    setImmediate(() => {
      this.#go();
    });
  }

  #tellOne(place: Place, { publication, telling, audience }: Round): void {
    if (isKnown(place, publication)) return;
    if (isNext(place, publication) && place.tell(telling) === "told") return;
    audience.live.delete(place);
    if (!place.isGone) this.#onBehind(place);
  }
}
