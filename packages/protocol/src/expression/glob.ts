/** A text to compare with, in which `*` stands for any characters and `\*` for itself; case does not count. */
export type Glob = (text: string) => boolean;

/** As much of a text as is looked at: work has a bound, whatever a device says. */
const MAX_CHARS = 4_096;

export function glob(pattern: string): Glob {
  const [first = "", ...rest] = piecesOf(pattern.toLowerCase());
  const last = rest.pop();
  return (whole) => {
    const text = whole.slice(0, MAX_CHARS).toLowerCase();
    if (last === undefined) return text === first;
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

/** What stands between the stars. */
function piecesOf(pattern: string): readonly string[] {
  const pieces = [""];
  for (const [token] of pattern.matchAll(/\\\*|[^]/g)) {
    if (token === "*") pieces.push("");
    else pieces.push((pieces.pop() ?? "") + (token === "\\*" ? "*" : token));
  }
  return pieces;
}
