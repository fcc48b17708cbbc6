import { SUBPROTOCOLS, type Subprotocol } from "@heliograph/agent";

/** What a device of a fleet speaks: classic CWMP alone, or a subprotocol of the light transport as well. */
export type Spoken = Subprotocol | "classic";

/** In the order in which they are told of. */
export const spoken: readonly Spoken[] = [...SUBPROTOCOLS, "classic"];

/** How the devices are shared out, in shares of any size; what is left out has none. */
export type Mix = Readonly<Partial<Record<Spoken, number>>>;

/** What the device of that number speaks. Spread evenly, so that of any stretch of the fleet the shares are right. */
export function spokenBy(mix: Mix, index: number): Spoken {
  let left = spoken.reduce((sum, each) => sum + shareOf(mix, each), 0);
  let number = index;
  for (const each of spoken) {
    const share = shareOf(mix, each);
    if (share === 0) continue;
    const before = Math.floor((number * share) / left);
    if (Math.floor(((number + 1) * share) / left) > before) return each;
    // Among those that do not speak it, it is the device of this number.
    number -= before;
    left -= share;
  }
  throw new Error("nobody has a share in the mix");
}

function shareOf(mix: Mix, each: Spoken): number {
  return mix[each] ?? 0;
}
