import { splitPath } from "./path.ts";
import { emptyMap } from "./record.ts";
import type { Grouped } from "./value.ts";

/** Gathers values by path; names such as `__proto__` and `constructor` are data like any other. */
export interface GroupedBuilder<T> {
  /** The last value of a path counts. */
  set(path: string, value: T): void;
  /** What was gathered so far; maps without a prototype, so that reading an absent name gives undefined. */
  build(): Grouped<T>;
}

export function groupedBuilder<T>(): GroupedBuilder<T> {
  const groups = emptyMap<Record<string, T>>();
  let object: string | undefined;
  let group = emptyMap<T>();
  return {
    set(path, value) {
      const split = splitPath(path);
      // Lists come ordered by object, so most values belong to the group of the one before.
      if (split.object !== object) {
        object = split.object;
        group = groups[object] ??= emptyMap<T>();
      }
      group[split.leaf] = value;
    },
    build: () => groups,
  };
}

/** Gathers values by path at once. */
export function grouped<T>(entries: Iterable<readonly [path: string, value: T]>): Grouped<T> {
  const builder = groupedBuilder<T>();
  for (const [path, value] of entries) builder.set(path, value);
  return builder.build();
}

/** Every value with its whole path, in the order of the groups. Works on maps of any origin, JSON included. */
export function* groupedEntries<T>(values: Grouped<T>): Generator<readonly [path: string, value: T]> {
  for (const [object, group] of Object.entries(values)) {
    for (const [leaf, value] of Object.entries(group)) yield [object + leaf, value];
  }
}

export function countGrouped(values: Grouped<unknown>): number {
  let count = 0;
  for (const group of Object.values(values)) count += Object.keys(group).length;
  return count;
}

/** The value of one path; undefined where there is none. Works on maps of any origin. */
export function groupedValue<T>(values: Grouped<T>, path: string): T | undefined {
  const { object, leaf } = splitPath(path);
  const group = Object.hasOwn(values, object) ? values[object] : undefined;
  return group !== undefined && Object.hasOwn(group, leaf) ? group[leaf] : undefined;
}
