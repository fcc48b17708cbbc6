import { inParallel as inParallelOf } from "@heliograph/testkit";

/** Runs every turn from `from` on, `count` in all, so many at once. */
export function inParallel(
  { count, atOnce, from = 0 }: { readonly count: number; readonly atOnce: number; readonly from?: number },
  run: (turn: number) => Promise<unknown>,
): Promise<void> {
  const turns = Array.from({ length: count }, (_, index) => from + index);
  return inParallelOf(turns, atOnce, run);
}
