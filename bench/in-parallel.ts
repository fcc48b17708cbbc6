/** Runs every turn from `from` on, `count` in all, so many at once. */
export async function inParallel(
  { count, atOnce, from = 0 }: { readonly count: number; readonly atOnce: number; readonly from?: number },
  run: (turn: number) => Promise<unknown>,
): Promise<void> {
  const turns = Array.from({ length: count }, (_, index) => from + index).values();
  const worker = async (): Promise<void> => {
    for (const turn of turns) await run(turn);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
