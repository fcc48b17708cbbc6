/** Instance 2 stands before instance 10. */
const byPath = new Intl.Collator("en", { numeric: true });

/** How a word may go on, and the word itself, as readline takes it. */
export type Completion = readonly [candidates: readonly string[], word: string];

export interface Completing {
  readonly commands: readonly string[];
  /** Every path that is known. */
  readonly paths: Iterable<string>;
}

/** Completes the last word of a line: a command at its beginning, behind that a path by one level. */
export function complete(line: string, { commands, paths }: Completing): Completion {
  const word = /\S*$/.exec(line)?.[0] ?? "";
  const isFirst = line.trimStart() === word;
  if (!isFirst) return [completePath(paths, word), word];
  const found = commands.filter((name) => name.startsWith(word));
  return [found.map((name) => `${name} `), word];
}

/** The next level below what is written; where it is only one object, what is in it. */
export function completePath(paths: Iterable<string>, word: string): readonly string[] {
  const known = [...paths].filter((path) => path.startsWith(word));
  let level = nextLevel(known, word);
  for (let [only = ""] = level; level.length === 1 && only.endsWith("."); [only = ""] = level) {
    const below = nextLevel(known, only);
    if (below.length === 0) return level;
    if (below.length > 1) return word === only ? below : level;
    level = below;
  }
  return level;
}

function nextLevel(paths: readonly string[], prefix: string): readonly string[] {
  const parts = paths.flatMap((path) => {
    if (!path.startsWith(prefix) || path === prefix) return [];
    const dot = path.indexOf(".", prefix.length);
    return [dot < 0 ? path : path.slice(0, dot + 1)];
  });
  return [...new Set(parts)].toSorted((a, b) => byPath.compare(a, b));
}
