import type { JsonObject, PolicySetting } from "@heliograph/protocol";

/** What a device knows of the policies of its ACS, as plain JSON; it outlives restarts. */
export type PolicyMemory = readonly KnownPolicy[];

export interface KnownPolicy {
  readonly name: string;
  /** The newest that it applied, or was told to forget: versions only rise [LIGHT 6]. */
  readonly version: number;
  /** Left out where it was told to forget it. */
  readonly held?: HeldPolicy;
}

export interface HeldPolicy {
  readonly setting: PolicySetting;
  /** Where it was published. */
  readonly channel: string;
  /** As the ACS was told last. */
  readonly standing: PolicyStanding;
  /** When it was applied again because something had set it back; of the last hour. */
  readonly mended: readonly number[];
  /** A newer version could not be applied: the ACS knows, and would take what is said of this one for said of that. */
  readonly isOutdated?: true;
}

/** What a device says of a policy [LIGHT 6]. */
export interface PolicyStanding {
  readonly status: "applied" | "faulted";
  readonly data?: JsonObject;
}

export const noPolicies: PolicyMemory = [];

export function knownPolicy(memory: PolicyMemory, name: string): KnownPolicy | undefined {
  return memory.find((known) => known.name === name);
}

export function withPolicy(memory: PolicyMemory, known: KnownPolicy): PolicyMemory {
  return [...memory.filter(({ name }) => name !== known.name), known];
}

/** Those that the device holds, in the order in which they have a path that several of them set. */
export function settingsIn(memory: PolicyMemory): readonly PolicySetting[] {
  const settings = memory.flatMap(({ held }) => (held === undefined ? [] : [held.setting]));
  return settings.toSorted(
    (one, other) => other.Priority - one.Priority || (one.Policy < other.Policy ? -1 : 1),
  );
}

/**
 * Whether a version is one to take: newer than what is known of it. One that was told to be forgotten may come again, to a
 * device that is back in the policy's group.
 */
export function isNews(known: KnownPolicy | undefined, version: number): boolean {
  if (known === undefined) return true;
  return known.held === undefined ? version >= known.version : version > known.version;
}

export function isSameStanding(one: PolicyStanding, other: PolicyStanding): boolean {
  return one.status === other.status && JSON.stringify(one.data) === JSON.stringify(other.data);
}
