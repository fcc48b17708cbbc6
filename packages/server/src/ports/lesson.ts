import {
  compactValue,
  groupedValue,
  isOfType,
  isPartialPath,
  isWithin,
  rootObject,
  splitPath,
  topLevelObject,
  typedText,
  type Attributes,
  type CompactValue,
  type Grouped,
  type ParameterValues,
} from "@heliograph/protocol";
import type { LearnedParameter, LearnedParameters, Lesson } from "./records.ts";

type Known = Map<string, Map<string, LearnedParameter>>;

/** The types of which a bare integer may be, besides the default `unsignedInt` [LIGHT 3]. */
const NUMERIC = new Set(["int", "unsignedInt", "long", "unsignedLong", "decimal"]);

/**
 * What is known after a lesson: what it told replaces what is older, what it says is gone goes, all else stays. A value
 * that was reported later than the lesson was learned is kept. A bare integer keeps the type that is known.
 */
export function learn(known: LearnedParameters, lesson: Lesson): LearnedParameters {
  const learned = mapOf(known);
  forget(learned, lesson);
  for (const [object, leaf, value] of entries(lesson.values ?? {})) {
    teach(learned, { object, leaf }, (entry) => valued(entry, value, lesson.at));
  }
  for (const [object, leaf, writable] of entries(lesson.names ?? {})) {
    teach(learned, { object, leaf }, (entry) => ({ ...entry, writable }));
  }
  for (const [object, leaf, attributes] of entries(lesson.attributes ?? {})) {
    teach(learned, { object, leaf }, (entry) => attributed(entry, attributes));
  }
  return groupedOf(learned);
}

/** An Inform's own parameters laid over what was learned: they count where nothing as new is known. */
export function overlay(known: LearnedParameters, values: ParameterValues, at: number): LearnedParameters {
  const touched = Object.entries(known).filter(([object]) => Object.hasOwn(values, object));
  const laid = mapOf(Object.fromEntries(touched));
  for (const [object, leaf, value] of entries(values)) {
    teach(laid, { object, leaf }, (entry) => (entry.at === at ? entry : valued(entry, value, at)));
  }
  return Object.fromEntries([...Object.entries(known), ...Object.entries(groupedOf(laid))]);
}

/** What lies at or below `path`. */
export function within<T>(values: Grouped<T>, path: string): Grouped<T> {
  if (isPartialPath(path)) {
    return Object.fromEntries(Object.entries(values).filter(([object]) => object.startsWith(path)));
  }
  const found = groupedValue(values, path);
  if (found === undefined) return {};
  const { object, leaf } = splitPath(path);
  return Object.fromEntries([[object, Object.fromEntries([[leaf, found]])]]);
}

/** What of an Inform's own parameters is still so after a later lesson: all but what the lesson says is gone. */
export function withoutForgotten(values: ParameterValues, lesson: Lesson): ParameterValues {
  const gone = [...(lesson.complete ?? []), ...(lesson.deleted ?? [])];
  const kept = Object.entries(values).map(([object, group]) => {
    const left = Object.entries(group).filter(
      ([leaf]) => !gone.some((path) => isWithin(object + leaf, path)),
    );
    return [object, Object.fromEntries(left)] as const;
  });
  return Object.fromEntries(kept.filter(([, group]) => Object.keys(group).length > 0));
}

/**
 * The share of a lesson that each top-level object has. `stored` are the top-level objects of which something is known: a
 * lesson about a whole tree also reaches those that it does not mention.
 */
export function lessonParts(lesson: Lesson, stored: readonly string[]): ReadonlyMap<string, Lesson> {
  const { at, complete, levels, deleted } = lesson;
  const values = byTopLevel(lesson.values ?? {});
  const names = byTopLevel(lesson.names ?? {});
  const attributes = byTopLevel(lesson.attributes ?? {});
  const reached = [...(complete ?? []), ...(levels ?? []), ...(deleted ?? [])].flatMap((path) =>
    reach(path, stored),
  );
  const objects = new Set([...values.keys(), ...names.keys(), ...attributes.keys(), ...reached]);
  return new Map(
    Array.from(objects, (object) => [
      object,
      {
        at,
        values: values.get(object) ?? {},
        names: names.get(object) ?? {},
        attributes: attributes.get(object) ?? {},
        ...(complete === undefined ? {} : { complete }),
        ...(levels === undefined ? {} : { levels }),
        ...(deleted === undefined ? {} : { deleted }),
      },
    ]),
  );
}

/** The stored top-level objects that a path reaches into. */
function reach(path: string, stored: readonly string[]): readonly string[] {
  const topLevel = topLevelObject(path);
  return stored.filter((object) => object === topLevel || (isPartialPath(path) && object.startsWith(path)));
}

function byTopLevel<T>(values: Grouped<T>): ReadonlyMap<string, Grouped<T>> {
  const parts = Map.groupBy(Object.entries(values), ([object]) => topLevelObject(object));
  return new Map(Array.from(parts, ([topLevel, groups]) => [topLevel, Object.fromEntries(groups)]));
}

/** Takes away what the lesson says is gone, unless it was reported later. */
function forget(learned: Known, lesson: Lesson): void {
  const { complete = [], levels = [], deleted = [] } = lesson;
  if (complete.length + levels.length + deleted.length === 0) return;
  const isGone = goneInstances(lesson);
  const isTold = tellingOf(lesson);
  for (const [object, group] of learned) {
    for (const [leaf, entry] of group) {
      const path = object + leaf;
      const isDeleted = deleted.some((gone) => isWithin(path, gone));
      const isLeftOut = complete.some((whole) => isBelow(path, whole)) && !isTold(object, leaf);
      if ((isDeleted || isLeftOut || isGone(object)) && (entry.at ?? lesson.at) <= lesson.at)
        group.delete(leaf);
    }
    if (group.size === 0) learned.delete(object);
  }
}

/** Whether an object is, or lies in, an instance that the answer about its table does not have. */
function goneInstances({ levels = [], names = {} }: Lesson): (object: string) => boolean {
  const objects = Object.keys(names);
  // An answer about something else, or about nothing, tells nothing.
  const told = levels.filter((level) => objects.some((object) => object.startsWith(level)));
  const instances = new Set(objects.flatMap(objectAndAncestors));
  return (object) =>
    told.some((level) => {
      const [instance = ""] = /^[0-9]+\./.exec(object.slice(level.length)) ?? [];
      return object.startsWith(level) && instance !== "" && !instances.has(level + instance);
    });
}

/** What was asked for is there where the device answered, and so is its root. */
function isBelow(path: string, whole: string): boolean {
  return isWithin(path, whole) && path !== whole && path !== rootObject(path);
}

/** Whether a lesson tells of an entry; it tells of an object when it tells of anything below it. */
function tellingOf({ values, names, attributes }: Lesson): (object: string, leaf: string) => boolean {
  const told = [values ?? {}, names ?? {}, attributes ?? {}];
  const objects = new Set(told.flatMap((groups) => Object.keys(groups)).flatMap(objectAndAncestors));
  return (object, leaf) =>
    leaf === "" ? objects.has(object) : told.some((groups) => hasEntry(groups, object, leaf));
}

function hasEntry(groups: Grouped<unknown>, object: string, leaf: string): boolean {
  return groupedValue(groups, object + leaf) !== undefined;
}

function objectAndAncestors(object: string): readonly string[] {
  const ends = [...object.matchAll(/\./g)].map(({ index }) => index + 1);
  return ends.map((end) => object.slice(0, end));
}

function valued(entry: LearnedParameter, value: CompactValue, at: number): LearnedParameter {
  if (entry.at !== undefined && entry.at > at) return entry;
  return { ...entry, value: typed(value, entry.value), at };
}

/** A bare integer keeps the type that is known, and so does a text that came without one, where it is fit for it. */
function typed(value: CompactValue, known: CompactValue | undefined): CompactValue {
  const type = known === undefined ? undefined : typedText(known)?.type;
  if (typeof value === "string")
    return type !== undefined && isOfType(value, type) ? compactValue(value, type) : value;
  if (typeof value !== "number" || typeof known !== "object" || type === undefined) return value;
  return NUMERIC.has(type) ? [String(value), type] : value;
}

function attributed(entry: LearnedParameter, attributes: Attributes): LearnedParameter {
  return { ...entry, attributes: { ...entry.attributes, ...attributes } };
}

function teach(
  learned: Known,
  { object, leaf }: { readonly object: string; readonly leaf: string },
  change: (entry: LearnedParameter) => LearnedParameter,
): void {
  const group = learned.get(object) ?? new Map<string, LearnedParameter>();
  learned.set(object, group);
  group.set(leaf, change(group.get(leaf) ?? {}));
}

function* entries<T>(values: Grouped<T>): Generator<readonly [object: string, leaf: string, value: T]> {
  for (const [object, group] of Object.entries(values)) {
    for (const [leaf, value] of Object.entries(group)) yield [object, leaf, value];
  }
}

function mapOf(known: LearnedParameters): Known {
  return new Map(Object.entries(known).map(([object, group]) => [object, new Map(Object.entries(group))]));
}

/** Made with `fromEntries`, which takes `__proto__` for a name like any other. */
function groupedOf(learned: Known): LearnedParameters {
  return Object.fromEntries(Array.from(learned, ([object, group]) => [object, Object.fromEntries(group)]));
}
