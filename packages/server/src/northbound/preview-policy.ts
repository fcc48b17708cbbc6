import type { PolicyPreview } from "@heliograph/api";
import { groupedEntries, type CompactValue, type DeviceKey } from "@heliograph/protocol";
import {
  conflictsAmong,
  meet,
  waveOf,
  type HeldPolicy,
  type LearnedParameters,
  type PolicyConflict,
  type PolicyContent,
  type PolicyRecord,
  type Store,
} from "../ports/index.ts";

const PAGE = 1_000;

/** Who would get the draft of a policy, and what would change there by what the ACS knows. */
export async function previewPolicy(
  store: Store,
  policy: PolicyRecord,
  limit: number,
): Promise<PolicyPreview> {
  const { name, draft, rules } = policy;
  const members = await membersOf(store, policy);
  const first = waveOf(name, members, Math.min(1, limit / Math.max(members.length, 1)));
  const devices: PolicyPreview["devices"][number][] = [];
  for (const device of first.slice(0, limit)) {
    devices.push({ device, changes: await changesOn(store, device, draft) });
  }
  return {
    members: members.length,
    waves: rules.waves.map((share) => Math.ceil(members.length * share)),
    devices,
    conflicts: await conflictsOf(store, policy),
  };
}

/** What a policy would change, by what is known of a device; a path of every instance for those that are known. */
export function changesOf(
  { values }: Pick<PolicyContent, "values">,
  known: LearnedParameters,
): PolicyPreview["devices"][number]["changes"] {
  const learned = Object.entries(known).flatMap(([object, leaves]) =>
    Object.entries(leaves).map(([leaf, { value }]) => ({ path: object + leaf, value })),
  );
  return [...groupedEntries<CompactValue>(values)].flatMap(([path, to]) => {
    const found = learned.filter((each) => meet(path, each.path));
    if (found.length === 0) return path.includes("*") ? [] : [{ path, to }];
    return found
      .filter(({ value }) => !isSame(value, to))
      .map((each) => ({ path: each.path, ...(each.value === undefined ? {} : { from: each.value }), to }));
  });
}

async function changesOn(store: Store, device: DeviceKey, draft: PolicyContent) {
  const prefixes = new Set(Object.keys(draft.values).map(knownPrefix));
  const known = await Promise.all([...prefixes].map((prefix) => store.parameters(device, prefix)));
  const merged = known.reduce<LearnedParameters>((all, each) => ({ ...all, ...each }), {});
  return changesOf(draft, merged);
}

/** The object that holds all instances which a path may mean. */
function knownPrefix(path: string): string {
  const star = path.indexOf("*");
  return star < 0 ? path : path.slice(0, star);
}

async function conflictsOf(store: Store, policy: PolicyRecord): Promise<readonly PolicyConflict[]> {
  const others = (await store.policies()).filter(({ name, version }) => name !== policy.name && version > 0);
  const published = await Promise.all(
    others.map(async ({ name, version }): Promise<HeldPolicy[]> => {
      const known = await store.policyVersion(name, version);
      return known === undefined ? [] : [{ name, content: known.content }];
    }),
  );
  const own: HeldPolicy = { name: policy.name, content: policy.draft };
  return published.flat().flatMap((other) => conflictsAmong([own, other]));
}

async function membersOf(store: Store, { group }: PolicyRecord): Promise<readonly DeviceKey[]> {
  const members: DeviceKey[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.groupMembers({ group, limit: PAGE, ...(after === undefined ? {} : { after }) });
    members.push(...page.items.map(({ device }) => device));
    after = page.next;
    if (after === undefined) return members;
  }
}

/** Devices may write a value in another form than the policy does. */
function isSame(one: CompactValue | undefined, other: CompactValue): boolean {
  return one !== undefined && textOf(one) === textOf(other);
}

function textOf(value: CompactValue): string {
  const [text] = [value].flat();
  return String(text);
}
