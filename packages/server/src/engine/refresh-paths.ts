import { isPartialPath } from "@heliograph/protocol";

/** The names between the dots of a path; an alias in brackets is one, whatever it holds. */
export function segmentsOf(path: string): readonly string[] {
  return path.match(/(?:\[[^\]]*\]|[^.])+/g) ?? [];
}

/**
 * Whether a path that a device answers with lies at or below one that it was asked for. Wildcards stand for any instance; an
 * instance may be asked for by number and answered by alias, or the other way round [TR-069 3.6.1].
 */
export function covers(asked: string, path: string): boolean {
  if (asked === path || (isPartialPath(asked) && path.startsWith(asked))) return true;
  if (!isPartialPath(asked) && isPartialPath(path)) return false;
  const wanted = segmentsOf(asked);
  const given = segmentsOf(path);
  const isLongEnough = isPartialPath(asked) ? given.length >= wanted.length : given.length === wanted.length;
  return isLongEnough && wanted.every((segment, index) => means(segment, given[index] ?? ""));
}

/** True where the path names an instance, by its number or alias, or all of them. */
export function hasInstance(path: string): boolean {
  return segmentsOf(path).some((segment) => isInstance(segment) || segment === "*");
}

/** The objects and names among the paths that no other one of them covers, each once. */
export function withoutCovered(paths: readonly string[]): readonly string[] {
  const distinct = [...new Set(paths)];
  return distinct.filter((path) => !distinct.some((other) => other !== path && isPartOf(path, other)));
}

function isPartOf(path: string, other: string): boolean {
  return isPartialPath(other) && path.startsWith(other);
}

function means(wanted: string, given: string): boolean {
  if (wanted === given) return true;
  if (wanted === "*") return isInstance(given);
  return isInstance(wanted) && isInstance(given) && isAlias(wanted) !== isAlias(given);
}

export function isInstance(segment: string): boolean {
  return isAlias(segment) || /^[0-9]+$/.test(segment);
}

function isAlias(segment: string): boolean {
  return segment.startsWith("[") && segment.endsWith("]");
}
