import type { CompactValue } from "@heliograph/protocol";
import { OWN_POLICY, type PolicyContent, type PolicyName } from "./policies.ts";

/** A version that a device is to hold. */
export interface HeldPolicy {
  readonly name: PolicyName;
  readonly content: PolicyContent;
}

/** One path of what a device is to hold; `*` where the policy has it. */
export interface HeldValue {
  readonly path: string;
  readonly value: CompactValue;
  readonly policy: PolicyName;
}

/** Two policies set one path to different values: who holds it, and who does not. */
export interface PolicyConflict {
  readonly path: string;
  readonly holder: PolicyName;
  readonly other: PolicyName;
  /** By what: the other's priority is lower, or its name comes later. */
  readonly by: "priority" | "name";
  /** What the other says. */
  readonly value: CompactValue;
}

/** The order in which policies hold a path that several of them set: by priority, then by name [LIGHT 6]. */
export function inOrder<T extends HeldPolicy>(policies: readonly T[]): readonly T[] {
  return policies.toSorted(
    (one, other) => other.content.priority - one.content.priority || (one.name < other.name ? -1 : 1),
  );
}

/** Every path that policies set, each by the one that holds it; in the order of the policies. */
export function mergePolicies(policies: readonly HeldPolicy[]): readonly HeldValue[] {
  const merged: HeldValue[] = [];
  for (const held of inOrder(policies).flatMap(valuesOf)) {
    if (!merged.some(({ path }) => covers(path, held.path))) merged.push(held);
  }
  return merged;
}

/** Where policies disagree, in the order of the policies that hold. */
export function conflictsAmong(policies: readonly HeldPolicy[]): readonly PolicyConflict[] {
  const all = inOrder(policies).flatMap(valuesOf);
  const priorities = new Map(policies.map(({ name, content }) => [name, content.priority]));
  const by = (one: PolicyName, other: PolicyName) =>
    priorities.get(one) === priorities.get(other) ? "name" : "priority";
  return all.flatMap((held, index) =>
    all
      .slice(index + 1)
      .filter((other) => other.policy !== held.policy && meet(held.path, other.path))
      .filter((other) => JSON.stringify(other.value) !== JSON.stringify(held.value))
      .map(({ path, policy: other, value }) => ({
        ...{ path, holder: held.policy, other, by: by(held.policy, other) },
        value,
      })),
  );
}

/** The policy that holds one of the paths that somebody wants to write; undefined where none does. */
export function holderOf(
  policies: readonly HeldPolicy[],
  paths: readonly string[],
): { readonly path: string; readonly policy: PolicyName } | undefined {
  for (const { path: held, policy } of inOrder(policies).flatMap(valuesOf)) {
    const path = paths.find((each) => meet(held, each));
    if (path !== undefined) return { path, policy };
  }
  return undefined;
}

/** Why none of the paths may be written, in words for a person; undefined where no policy holds any of them. */
export function heldBy(policies: readonly HeldPolicy[], paths: readonly string[]): string | undefined {
  const held = holderOf(policies, paths);
  if (held === undefined) return undefined;
  const way =
    held.policy === OWN_POLICY ? "change that" : "change the policy, or take the device out of its group";
  const holder = held.policy === OWN_POLICY ? "the device's configuration" : `the policy ${held.policy}`;
  return `${holder} holds ${held.path}: ${way}`;
}

/** Whether there may be a parameter that both paths mean. */
export function meet(one: string, other: string): boolean {
  const segments = one.split(".");
  const others = other.split(".");
  if (segments.length !== others.length) return false;
  return segments.every((segment, at) => isSame(segment, others[at] ?? ""));
}

/** Whether every parameter that the second means, the first means as well. */
function covers(wide: string, narrow: string): boolean {
  const segments = narrow.split(".");
  const wider = wide.split(".");
  return segments.length === wider.length && wider.every((each, at) => each === "*" || each === segments[at]);
}

/** `*` stands for an instance, and for nothing else. */
function isSame(one: string, other: string): boolean {
  if (one === "*") return other === "*" || isInstance(other);
  return other === "*" ? isInstance(one) : one === other;
}

function isInstance(segment: string): boolean {
  return /^(\d+|\[.+\])$/.test(segment);
}

function valuesOf({ name, content }: HeldPolicy): readonly HeldValue[] {
  return Object.entries(content.values).flatMap(([object, leaves]) =>
    Object.entries(leaves).map(([leaf, value]) => ({ path: `${object}${leaf}`, value, policy: name })),
  );
}
