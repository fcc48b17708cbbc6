import { groupedEntries, isPartialPath, type ParameterNames } from "@heliograph/protocol";
import { covers, segmentsOf } from "./refresh-paths.ts";

/** What the names say that a device lists for one object. */
export interface Level {
  readonly leaves: readonly string[];
  /** The objects right below it; those within it are among them where they are known by their children alone. */
  readonly objects: readonly string[];
  /** The names go deeper than one level: the device listed everything. */
  readonly isWhole: boolean;
}

/**
 * Reads a list of names. Those that lie elsewhere count for nothing. An object that is left out, or stands without its dot,
 * is known by what lies below it.
 */
export function levelOf(path: string, names: ParameterNames): Level {
  const depth = segmentsOf(path).length;
  const leaves: string[] = [];
  const objects = new Set<string>();
  const parents = new Set<string>();
  let isWhole = false;
  for (const [name] of groupedEntries(names)) {
    if (!covers(path, name)) continue;
    const segments = segmentsOf(name);
    if (segments.length <= depth) continue;
    const isObject = isPartialPath(name);
    for (let end = depth + 1; end < segments.length; end += 1) {
      parents.add(`${segments.slice(0, end).join(".")}.`);
    }
    if (!isObject) leaves.push(name);
    if (isObject || segments.length > depth + 1) objects.add(`${segments.slice(0, depth + 1).join(".")}.`);
    isWhole ||= segments.length > depth + 1;
  }
  return {
    leaves: leaves.filter((leaf) => !parents.has(`${leaf}.`) && !objects.has(`${leaf}.`)),
    objects: [...objects],
    isWhole,
  };
}
