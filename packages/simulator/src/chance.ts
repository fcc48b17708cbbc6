/** Randomness that a second run repeats: of one seed always the same. */
export interface Chance {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** True once in 1 / `share` times. */
  happens(share: number): boolean;
  /** One of the items, each as likely as any other. Throws where there is none. */
  pick<T>(items: readonly T[]): T;
  /** So many bytes, in `[0-9A-F]`. */
  hex(bytes: number): string;
  /** Chance of a part's own: the same whenever it is asked for, whatever was drawn before. */
  of(...names: readonly (string | number)[]): Chance;
}

/** Chance of its own for each of the names, such as a seed and a device's number: what one draws moves no other. */
export function chance(...names: readonly (string | number)[]): Chance {
  const name = names.join("/");
  const next = mulberry32(hash(name));
  const fraction = (): number => next() / 2 ** 32;
  const integer = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1));
  return {
    fraction,
    integer,
    of: (...parts) => chance(name, ...parts),
    happens: (share) => fraction() < share,
    pick(items) {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new Error("there is nothing to pick from");
      return item;
    },
    hex: (bytes) =>
      Array.from({ length: bytes }, () => integer(0, 255).toString(16).padStart(2, "0").toUpperCase()).join(
        "",
      ),
  };
}

/** FNV-1a, 32 bits: near names are far apart in it. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  }
  return mixed;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
