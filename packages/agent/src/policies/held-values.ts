import { groupedEntries } from "@heliograph/protocol";
import type { CompactValue, PolicySetting } from "@heliograph/protocol";
import type { DataModel } from "../data-model.ts";

/** A parameter that a policy holds. */
export interface HeldValue {
  readonly path: string;
  readonly value: CompactValue;
  readonly policy: string;
}

export type WantedObject = NonNullable<PolicySetting["Objects"]>[number];

/** What is to be held by policies in their order, each path by the first that names it; `*` as the rows are now. */
export function heldValues(
  settings: readonly PolicySetting[],
  model: DataModel,
): ReadonlyMap<string, HeldValue> {
  const held = new Map<string, HeldValue>();
  for (const setting of settings) {
    for (const [path, value] of valuesOf(setting, model)) {
      if (!held.has(path)) held.set(path, { path, value, policy: setting.Policy });
    }
  }
  return held;
}

/** Objects of the policy that are not there. */
export function missingObjects({ Objects = [] }: PolicySetting, model: DataModel): readonly WantedObject[] {
  return Objects.filter((wanted) => instanceOf(wanted, model) === undefined);
}

/** Whether the device has anything of what the policy names; a policy that names nothing can be held by any. */
export function isApplicable({ ParameterList, Objects = [] }: PolicySetting, model: DataModel): boolean {
  const paths = [...groupedEntries(ParameterList)].map(([path]) => path);
  if (paths.length + Objects.length === 0) return true;
  if (paths.some((path) => model.matching(path).length > 0)) return true;
  return Objects.some((wanted) => model.names(wanted.Object, true).fault === undefined);
}

/** Leaves of an object with their values. */
export function leavesOf(fields: object): readonly (readonly [leaf: string, value: CompactValue])[] {
  return Object.entries(fields).flatMap(([leaf, value]) => (isValue(value) ? [[leaf, value] as const] : []));
}

/** An object's own values go before those of all instances. */
function* valuesOf(
  { ParameterList, Objects = [] }: PolicySetting,
  model: DataModel,
): Generator<readonly [path: string, value: CompactValue]> {
  for (const wanted of Objects) {
    const instance = instanceOf(wanted, model);
    if (instance === undefined) continue;
    for (const [leaf, value] of leavesOf(wanted.Values)) yield [`${wanted.Object}${instance}.${leaf}`, value];
  }
  for (const [path, value] of groupedEntries(ParameterList)) {
    const paths = path.includes("*") ? model.matching(path) : [path];
    for (const each of paths) yield [each, value];
  }
}

function instanceOf({ Object: table, Key }: WantedObject, model: DataModel): number | undefined {
  const key = leavesOf(Key);
  return model
    .instances(table)
    .find((instance) => key.every(([leaf, value]) => model.holds(`${table}${instance}.${leaf}`, value)));
}

function isValue(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
