const MAX_CHARS = 32;
const MAX_DISTANCE = 2;

/** The word that was probably meant; undefined where none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > MAX_CHARS) return undefined;
  const meant = word.toLowerCase();
  const near = words
    .map((each) => ({ each, distance: distanceOf(meant, each.toLowerCase()) }))
    .filter(({ each, distance }) => distance <= Math.min(MAX_DISTANCE, each.length >> 1));
  return near.toSorted((a, b) => a.distance - b.distance)[0]?.each;
}

/** How many letters must be put in, left out or replaced. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
