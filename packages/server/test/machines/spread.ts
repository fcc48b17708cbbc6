/** How long most of many took. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly most: number;
}

export function spreadOf(all: readonly number[]): Spread {
  const sorted = all.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), most: at(1) };
}
