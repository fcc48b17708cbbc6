import {
  groupedEntries,
  groupedValue,
  pathMatcher,
  typedText,
  type CompactValue,
} from "@heliograph/protocol";
import { inOrder, type HeldPolicy, type LearnedParameters, type WantedObject } from "../../ports/index.ts";

/** A path and what it is to hold. */
export type Wanted = readonly [path: string, value: CompactValue];

/** How a device differs from what a policy says, by what is known of its parameters. */
export interface Differences {
  /** Whether anything of what the policy names is known to be there. */
  readonly isThere: boolean;
  readonly values: readonly Wanted[];
  /** Objects that are to be added. */
  readonly objects: readonly WantedObject[];
}

/** What differs from a policy, where the others that the device holds leave it the path [LIGHT 6]. */
export function differencesFrom(
  policy: HeldPolicy,
  others: readonly HeldPolicy[],
  known: LearnedParameters,
): Differences {
  const held = new Map<string, { readonly value: CompactValue; readonly of: HeldPolicy }>();
  for (const each of inOrder([policy, ...others])) {
    for (const [path, value] of wantedBy(each, known)) {
      if (!held.has(path)) held.set(path, { value, of: each });
    }
  }
  const own = [...held].filter(([, { of }]) => of === policy);
  const { values, objects } = policy.content;
  const isNothing = Object.keys(values).length + objects.length === 0;
  const hasAny = [...wantedBy(policy, known)].some(([path]) => isKnown(known, path));
  return {
    isThere: isNothing || hasAny,
    values: own
      .filter(([path, { value }]) => !holds(known, path, value))
      .map(([path, { value }]) => [path, value] as const),
    objects: objects.filter((object) => instanceOf(object, known) === undefined),
  };
}

/** Whether a parameter is known and could be told to differ: a hidden one reads as nothing [TR-106 3.2]. */
export function isTold(known: LearnedParameters, [path, value]: Wanted): boolean {
  const told = groupedValue(known, path)?.value;
  if (told === undefined || told === null) return false;
  return told !== "" || value === "";
}

/** Where to look for what a policy names, before anything is written. */
export function placesOf({ content: { values, objects } }: HeldPolicy): readonly string[] {
  const paths = [...groupedEntries(values)].map(([path]) => {
    const star = path.indexOf("*");
    return star < 0 ? path : path.slice(0, star);
  });
  return [...new Set([...paths, ...objects.map(({ object }) => object)])];
}

/** The leaves of an object, its key among them. */
export function leavesOf({ key, values }: WantedObject, path: string): readonly Wanted[] {
  return Object.entries({ ...values, ...key }).map(([leaf, value]) => [`${path}${leaf}`, value] as const);
}

/** An object's own values go before those of all instances. */
function* wantedBy({ content }: HeldPolicy, known: LearnedParameters): Generator<Wanted> {
  for (const object of content.objects) {
    const instance = instanceOf(object, known);
    if (instance === undefined) continue;
    for (const [leaf, value] of Object.entries(object.values)) yield [`${instance}${leaf}`, value];
  }
  for (const [path, value] of groupedEntries(content.values)) {
    for (const each of path.includes("*") ? matching(known, path) : [path]) yield [each, value];
  }
}

function matching(known: LearnedParameters, pattern: string): readonly string[] {
  const isMeant = pathMatcher(pattern);
  return [...groupedEntries(known)].map(([path]) => path).filter(isMeant);
}

/** The instance that has the values of the key, with its dot. */
function instanceOf({ object, key }: WantedObject, known: LearnedParameters): string | undefined {
  const isInstance = pathMatcher(`${object}*`);
  return Object.keys(known).find(
    (path) =>
      isInstance(path.slice(0, -1)) &&
      Object.entries(key).every(([leaf, value]) => holds(known, `${path}${leaf}`, value)),
  );
}

function isKnown(known: LearnedParameters, path: string): boolean {
  return groupedValue(known, path)?.value !== undefined;
}

/** Values are the same where their texts are: a device may well name another type than the one that was set. */
function holds(known: LearnedParameters, path: string, wanted: CompactValue): boolean {
  const told = groupedValue(known, path)?.value;
  return told !== undefined && typedText(told)?.text === typedText(wanted)?.text;
}
