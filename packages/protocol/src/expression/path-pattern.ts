/** Whether a path is one that a pattern names, in which `*` is any instance; a partial pattern names all below it, too. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  if (!pattern.includes("*")) {
    return pattern.endsWith(".") ? (path) => path.startsWith(pattern) : (path) => path === pattern;
  }
  const segments = pattern.split(".");
  const isPartial = segments.at(-1) === "";
  const asked = isPartial ? segments.slice(0, -1) : segments;
  return (path) => {
    const given = path.split(".");
    if (isPartial ? given.length <= asked.length : given.length !== asked.length) return false;
    return asked.every((segment, index) => segment === given[index] || isAnyInstance(segment, given[index]));
  };
}

/** What comes before the first star: all that a pattern names lies within. */
export function fixedPart(pattern: string): string {
  const star = pattern.indexOf("*");
  return star < 0 ? pattern : pattern.slice(0, star);
}

function isAnyInstance(segment: string, given: string | undefined): boolean {
  return segment === "*" && given !== undefined && /^\d+$/.test(given);
}
