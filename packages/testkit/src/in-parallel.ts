/** Does it with each of them, so many at once. */
export async function inParallel<T>(
  all: readonly T[],
  atOnce: number,
  run: (one: T) => Promise<unknown>,
): Promise<void> {
  const left = all.values();
  const worker = async (): Promise<void> => {
    for (const one of left) await run(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
